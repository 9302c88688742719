# The spread profile takes the emptiest node.
node n1 cpu=4
node n2 cpu=4
pod old on=n1 cpu=1
pod web cpu=1 profile=spread
pod odd cpu=1 profile=volcano
place
