# Pods that are there have wishes too: a loud one would rather be alone, a cache would like its web servers near.
node n1 cpu=4
node n2 cpu=4
node n3 cpu=4
pod quiet on=n1 cpu=1 app=quiet likes-far=app=loud@host
pod cache on=n3 cpu=1 app=cache likes-near=app=web@host
pod loud cpu=1 app=loud
pod web cpu=1 app=web
place
