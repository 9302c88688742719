# Which nodes are places of a spread: by default those that the pod's own choice of nodes leaves in, whatever their taints.
node a1 cpu=4 zone=a disk=ssd
node b1 cpu=4 zone=b disk=ssd
node c1 cpu=4 zone=c disk=hdd
pod s1 cpu=100m app=s select=disk=ssd spread=app=s@zone
pod s2 cpu=100m app=s select=disk=ssd spread=app=s@zone
pod s3 cpu=100m app=s select=disk=ssd spread=app=s@zone
pod i1 cpu=100m app=i select=disk=ssd spread=app=i@zone affinity-policy=Ignore
pod i2 cpu=100m app=i select=disk=ssd spread=app=i@zone affinity-policy=Ignore
pod i3 cpu=100m app=i select=disk=ssd spread=app=i@zone affinity-policy=Ignore
place
why i3
