# A group is placed as a whole or not at all.
node n1 cpu=4
node n2 cpu=2
group train min=3
group small min=2
pod train-1 cpu=3 group=train
pod train-2 cpu=3 group=train
pod train-3 cpu=3 group=train
pod small-1 cpu=1 group=small
pod small-2 cpu=1 group=small
pod lone cpu=1 group=missing
place
