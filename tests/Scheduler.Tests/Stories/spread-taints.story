# A zone whose only node is tainted holds the others down, unless the spread honors taints.
node a1 cpu=4 zone=a
node b1 cpu=4 zone=b taint=own:NoSchedule
pod w1 cpu=100m app=w spread=app=w@zone
pod w2 cpu=100m app=w spread=app=w@zone
pod h1 cpu=100m app=h spread=app=h@zone taints-policy=Honor
pod h2 cpu=100m app=h spread=app=h@zone taints-policy=Honor
place
why w2
