# Shares go where a device is shared already, whole devices stay whole, and a model is chosen by node affinity.
node a1 cpu=32 gpu=2 model=A10
node t1 cpu=32 gpu=2 model=T4
pod s1 cpu=1 gpu-milli=600 needs=model=T4
pod s2 cpu=1 gpu-milli=300 needs=model=T4
pod s3 cpu=1 gpu-milli=300 needs=model=T4
pod w1 cpu=1 gpu=2
pod w2 cpu=1 gpu=1
place
why w2
