# A cache near its web server, databases apart, and a place for whoever comes first.
node a1 cpu=4 zone=a
node a2 cpu=4 zone=a
node b1 cpu=4 zone=b
pod web on=b1 cpu=1 app=web
pod cache cpu=1 near=app=web@zone
pod db-1 cpu=1 app=db far=app=db@host
pod db-2 cpu=1 app=db far=app=db@host
pod db-3 cpu=1 app=db far=app=db@host
pod db-4 cpu=1 app=db far=app=db@host
pod first cpu=1 app=ring near=app=ring@zone
pod second cpu=1 app=ring near=app=ring@zone
pod alone cpu=1 near=app=nobody@zone
place
why db-4
why alone
