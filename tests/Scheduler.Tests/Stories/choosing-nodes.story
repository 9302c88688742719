# Selectors, affinities, taints and images.
node n1 cpu=4 disk=ssd zone=a
node n2 cpu=4 disk=hdd zone=b image=shop:1
node n3 cpu=4 disk=ssd zone=b taint=gpu:NoSchedule
node n4 cpu=4 disk=nvme zone=a cordoned
node n5 cpu=4 disk=ssd zone=a lost
pod select cpu=1 select=disk=ssd,zone=b tolerate=gpu
pod needs cpu=1 needs=zone=b
pod likes cpu=1 likes=zone=a
pod nvme cpu=1 select=disk=nvme
pod nowhere cpu=1 needs=zone=c,d
pod pulled cpu=1 image=shop:1
place
why nvme
why nowhere
