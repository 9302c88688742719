namespace Orchestrator.ControlPlane;

/// <summary>The ids of the control plane's log events, each used once.</summary>
static class EventIds
{
    public const int PlanCarriedOut = 1000;
    public const int PlanRefused = 1001;
    public const int StoreUnavailable = 1002;
    public const int ControllerFailed = 1003;
    public const int VolumeStays = 1004;
    public const int LeadershipGained = 1010;
    public const int LeadershipLost = 1011;
    public const int LeaderLoopFailed = 1012;
    public const int PodPlaced = 1020;
    public const int PodUnplaced = 1021;
    public const int SchedulerWaits = 1022;
    public const int PodsPreempted = 1023;
    public const int Scaled = 1024;
    public const int NodeJudged = 1030;
    public const int SessionOpened = 1031;
    public const int SessionClosed = 1032;
    public const int SessionSuperseded = 1033;
    public const int SessionUnavailable = 1034;
    public const int NodePressed = 1035;
    public const int NodeSkewed = 1036;
    public const int SiloStarted = 1040;
    public const int SiloFailed = 1041;
    public const int SiloFatal = 1042;
    public const int SiloDeclaredDead = 1043;
    public const int LostSilosUnknown = 1044;
    public const int IngressConnected = 1050;
    public const int Woken = 1051;
    public const int NotWoken = 1052;
    public const int CertificateCame = 1053;
    public const int CertificateNotCame = 1054;
    public const int ServerRegistered = 1060;
    public const int ServerRemoved = 1061;
    public const int MemberAdded = 1062;
    public const int MemberPromoted = 1063;
    public const int MemberRemoved = 1064;
    public const int NotPromoted = 1065;
    public const int StrangerRefused = 1070;
    public const int RemovedBrokenOff = 1071;
    public const int Joined = 1072;
    public const int JoinRefused = 1073;
    public const int AuthorityStored = 1074;
    public const int AdminWritten = 1075;
    public const int AuthoritySigns = 1076;
    public const int AuthoritySettled = 1077;
}
