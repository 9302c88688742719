# Every resource counts, also those that are not the project's own.
node n1 cpu=4 ephemeral-storage=10Gi pods=2
node n2 cpu=4 fpga.example/card=1
pod disk cpu=100m ephemeral-storage=20Gi
pod card cpu=100m fpga.example/card=2
pod one cpu=100m fpga.example/card=1
place
why disk
why card
