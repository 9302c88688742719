# A node in use is filled before an empty one is started.
node n1 cpu=4
node n2 cpu=4
pod old on=n2 cpu=1
pod web cpu=2
pod big cpu=3
place
