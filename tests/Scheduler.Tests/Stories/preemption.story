# The fewest, then the lowest, then the youngest make way, and a budget is kept.
class urgent value=1000
node n1 cpu=4
node n2 cpu=4
node n3 cpu=4
pod a1 on=n1 cpu=2 priority=5
pod a2 on=n1 cpu=2 priority=5
pod b1 on=n2 cpu=4 priority=5 app=kept
budget kept min=1 app=kept
pod c1 on=n3 cpu=2 priority=5
pod c2 on=n3 cpu=2 priority=1
pod urgent cpu=2 class=urgent
pod wide cpu=4 class=urgent
pod polite cpu=2
place
why polite
