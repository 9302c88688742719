# A new revision is spread by itself, however the old one stands.
node a1 cpu=4 zone=a
node b1 cpu=4 zone=b
pod old1 on=a1 cpu=100m app=w hash=1
pod old2 on=a1 cpu=100m app=w hash=1
pod new1 cpu=100m app=w hash=2 spread=app=w@zone per=hash
pod new2 cpu=100m app=w hash=2 spread=app=w@zone per=hash
place
