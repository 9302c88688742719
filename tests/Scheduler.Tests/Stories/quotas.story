# A namespace gets no more than its quota.
node n1 cpu=8
quota team requests.cpu=2 pods=5
pod one cpu=1500m
pod two cpu=1
pod three cpu=500m
place
