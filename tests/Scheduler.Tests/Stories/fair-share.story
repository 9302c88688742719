# When room is short, namespaces take turns by their dominant share; one with twice the weight gets twice as much.
namespace red
namespace blue weight=2
node n1 cpu=6
pod red-1 namespace=red cpu=1
pod red-2 namespace=red cpu=1
pod red-3 namespace=red cpu=1
pod red-4 namespace=red cpu=1
pod blue-1 namespace=blue cpu=1
pod blue-2 namespace=blue cpu=1
pod blue-3 namespace=blue cpu=1
pod blue-4 namespace=blue cpu=1
place
