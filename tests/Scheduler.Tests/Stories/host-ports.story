# Two pods never share a port of the node.
node n1 cpu=4
pod one cpu=1 host-port=8080
pod two cpu=1 host-port=8080
place
why two
