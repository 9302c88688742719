# Pods that share a claim go to one node, also while it has no volume: in the same round and in later ones.
node n1 cpu=4
node n2 cpu=4
claim data
claim other
pod one cpu=1 profile=spread claim=data
pod two cpu=1 profile=spread claim=data
pod alone cpu=1 profile=spread claim=other
pod free cpu=1 profile=spread
place
pod three cpu=2 profile=spread claim=data
pod both profile=spread claim=data claim=other
place
pod four cpu=1 claim=data
pod nowhere claim=missing
place
why four
why both
why nowhere
