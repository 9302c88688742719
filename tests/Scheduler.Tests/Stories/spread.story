# Replicas stay even over zones.
node a1 cpu=2 zone=a
node a2 cpu=2 zone=a
node b1 cpu=1 zone=b
node c1 cpu=2
pod w1 cpu=1 app=w spread=app=w@zone
pod w2 cpu=1 app=w spread=app=w@zone
pod w3 cpu=1 app=w spread=app=w@zone
pod w4 cpu=1 app=w spread=app=w@zone
pod m1 cpu=100m app=m maybe-spread=app=m@zone
place
why w4
