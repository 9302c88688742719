# What would place it, the smallest change first; each has been tried.
node n1 cpu=2
node n2 cpu=4 taint=gpu:NoSchedule
node n3 cpu=2 cordoned
pod old on=n1 cpu=800m priority=10
pod big cpu=1500m
why big
why old
