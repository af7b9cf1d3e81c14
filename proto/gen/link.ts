import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AcceptInput as _sluice_agent_v1_AcceptInput, Accept as _sluice_agent_v1_Accept } from './sluice/agent/v1/Accept.ts';
import type { AgentFrameInput as _sluice_agent_v1_AgentFrameInput, AgentFrame as _sluice_agent_v1_AgentFrame } from './sluice/agent/v1/AgentFrame.ts';
import type { AgentLinkClient as _sluice_agent_v1_AgentLinkClient, AgentLinkDefinition as _sluice_agent_v1_AgentLinkDefinition } from './sluice/agent/v1/AgentLink.ts';
import type { AssignInput as _sluice_agent_v1_AssignInput, Assign as _sluice_agent_v1_Assign } from './sluice/agent/v1/Assign.ts';
import type { BulkAckInput as _sluice_agent_v1_BulkAckInput, BulkAck as _sluice_agent_v1_BulkAck } from './sluice/agent/v1/BulkAck.ts';
import type { BulkChunkInput as _sluice_agent_v1_BulkChunkInput, BulkChunk as _sluice_agent_v1_BulkChunk } from './sluice/agent/v1/BulkChunk.ts';
import type { BundleChunkInput as _sluice_agent_v1_BundleChunkInput, BundleChunk as _sluice_agent_v1_BundleChunk } from './sluice/agent/v1/BundleChunk.ts';
import type { ByeInput as _sluice_agent_v1_ByeInput, Bye as _sluice_agent_v1_Bye } from './sluice/agent/v1/Bye.ts';
import type { CancelInput as _sluice_agent_v1_CancelInput, Cancel as _sluice_agent_v1_Cancel } from './sluice/agent/v1/Cancel.ts';
import type { CheckReplyInput as _sluice_agent_v1_CheckReplyInput, CheckReply as _sluice_agent_v1_CheckReply } from './sluice/agent/v1/CheckReply.ts';
import type { CheckRequestInput as _sluice_agent_v1_CheckRequestInput, CheckRequest as _sluice_agent_v1_CheckRequest } from './sluice/agent/v1/CheckRequest.ts';
import type { CompleteResultInput as _sluice_agent_v1_CompleteResultInput, CompleteResult as _sluice_agent_v1_CompleteResult } from './sluice/agent/v1/CompleteResult.ts';
import type { CompleteSpecInput as _sluice_agent_v1_CompleteSpecInput, CompleteSpec as _sluice_agent_v1_CompleteSpec } from './sluice/agent/v1/CompleteSpec.ts';
import type { DiagnoseResultInput as _sluice_agent_v1_DiagnoseResultInput, DiagnoseResult as _sluice_agent_v1_DiagnoseResult } from './sluice/agent/v1/DiagnoseResult.ts';
import type { DiagnoseSpecInput as _sluice_agent_v1_DiagnoseSpecInput, DiagnoseSpec as _sluice_agent_v1_DiagnoseSpec } from './sluice/agent/v1/DiagnoseSpec.ts';
import type { DirtyRecordInput as _sluice_agent_v1_DirtyRecordInput, DirtyRecord as _sluice_agent_v1_DirtyRecord } from './sluice/agent/v1/DirtyRecord.ts';
import type { DrainInput as _sluice_agent_v1_DrainInput, Drain as _sluice_agent_v1_Drain } from './sluice/agent/v1/Drain.ts';
import type { EnrolReplyInput as _sluice_agent_v1_EnrolReplyInput, EnrolReply as _sluice_agent_v1_EnrolReply } from './sluice/agent/v1/EnrolReply.ts';
import type { EnrolRequestInput as _sluice_agent_v1_EnrolRequestInput, EnrolRequest as _sluice_agent_v1_EnrolRequest } from './sluice/agent/v1/EnrolRequest.ts';
import type { FencedInput as _sluice_agent_v1_FencedInput, Fenced as _sluice_agent_v1_Fenced } from './sluice/agent/v1/Fenced.ts';
import type { FetchBundleRequestInput as _sluice_agent_v1_FetchBundleRequestInput, FetchBundleRequest as _sluice_agent_v1_FetchBundleRequest } from './sluice/agent/v1/FetchBundleRequest.ts';
import type { FetchTuningInput as _sluice_agent_v1_FetchTuningInput, FetchTuning as _sluice_agent_v1_FetchTuning } from './sluice/agent/v1/FetchTuning.ts';
import type { GoAwayInput as _sluice_agent_v1_GoAwayInput, GoAway as _sluice_agent_v1_GoAway } from './sluice/agent/v1/GoAway.ts';
import type { HeartbeatInput as _sluice_agent_v1_HeartbeatInput, Heartbeat as _sluice_agent_v1_Heartbeat } from './sluice/agent/v1/Heartbeat.ts';
import type { HeartbeatAckInput as _sluice_agent_v1_HeartbeatAckInput, HeartbeatAck as _sluice_agent_v1_HeartbeatAck } from './sluice/agent/v1/HeartbeatAck.ts';
import type { HelloInput as _sluice_agent_v1_HelloInput, Hello as _sluice_agent_v1_Hello } from './sluice/agent/v1/Hello.ts';
import type { HostCheckInput as _sluice_agent_v1_HostCheckInput, HostCheck as _sluice_agent_v1_HostCheck } from './sluice/agent/v1/HostCheck.ts';
import type { HostFactsInput as _sluice_agent_v1_HostFactsInput, HostFacts as _sluice_agent_v1_HostFacts } from './sluice/agent/v1/HostFacts.ts';
import type { InflightWorkInput as _sluice_agent_v1_InflightWorkInput, InflightWork as _sluice_agent_v1_InflightWork } from './sluice/agent/v1/InflightWork.ts';
import type { JsonPathInput as _sluice_agent_v1_JsonPathInput, JsonPath as _sluice_agent_v1_JsonPath } from './sluice/agent/v1/JsonPath.ts';
import type { KafkaConnectionInput as _sluice_agent_v1_KafkaConnectionInput, KafkaConnection as _sluice_agent_v1_KafkaConnection } from './sluice/agent/v1/KafkaConnection.ts';
import type { LeaveReplyInput as _sluice_agent_v1_LeaveReplyInput, LeaveReply as _sluice_agent_v1_LeaveReply } from './sluice/agent/v1/LeaveReply.ts';
import type { LeaveRequestInput as _sluice_agent_v1_LeaveRequestInput, LeaveRequest as _sluice_agent_v1_LeaveRequest } from './sluice/agent/v1/LeaveRequest.ts';
import type { LogAckInput as _sluice_agent_v1_LogAckInput, LogAck as _sluice_agent_v1_LogAck } from './sluice/agent/v1/LogAck.ts';
import type { LogChunkInput as _sluice_agent_v1_LogChunkInput, LogChunk as _sluice_agent_v1_LogChunk } from './sluice/agent/v1/LogChunk.ts';
import type { LogLineInput as _sluice_agent_v1_LogLineInput, LogLine as _sluice_agent_v1_LogLine } from './sluice/agent/v1/LogLine.ts';
import type { MaxComputeConnectionInput as _sluice_agent_v1_MaxComputeConnectionInput, MaxComputeConnection as _sluice_agent_v1_MaxComputeConnection } from './sluice/agent/v1/MaxComputeConnection.ts';
import type { NewCertificateInput as _sluice_agent_v1_NewCertificateInput, NewCertificate as _sluice_agent_v1_NewCertificate } from './sluice/agent/v1/NewCertificate.ts';
import type { OpenResultInput as _sluice_agent_v1_OpenResultInput, OpenResult as _sluice_agent_v1_OpenResult } from './sluice/agent/v1/OpenResult.ts';
import type { OpenSpecInput as _sluice_agent_v1_OpenSpecInput, OpenSpec as _sluice_agent_v1_OpenSpec } from './sluice/agent/v1/OpenSpec.ts';
import type { PartitionColumnInput as _sluice_agent_v1_PartitionColumnInput, PartitionColumn as _sluice_agent_v1_PartitionColumn } from './sluice/agent/v1/PartitionColumn.ts';
import type { PartitionOffsetInput as _sluice_agent_v1_PartitionOffsetInput, PartitionOffset as _sluice_agent_v1_PartitionOffset } from './sluice/agent/v1/PartitionOffset.ts';
import type { PlanResultInput as _sluice_agent_v1_PlanResultInput, PlanResult as _sluice_agent_v1_PlanResult } from './sluice/agent/v1/PlanResult.ts';
import type { PlanSpecInput as _sluice_agent_v1_PlanSpecInput, PlanSpec as _sluice_agent_v1_PlanSpec } from './sluice/agent/v1/PlanSpec.ts';
import type { PlaneFrameInput as _sluice_agent_v1_PlaneFrameInput, PlaneFrame as _sluice_agent_v1_PlaneFrame } from './sluice/agent/v1/PlaneFrame.ts';
import type { PlannedRangeInput as _sluice_agent_v1_PlannedRangeInput, PlannedRange as _sluice_agent_v1_PlannedRange } from './sluice/agent/v1/PlannedRange.ts';
import type { PositionInput as _sluice_agent_v1_PositionInput, Position as _sluice_agent_v1_Position } from './sluice/agent/v1/Position.ts';
import type { ProbeInput as _sluice_agent_v1_ProbeInput, Probe as _sluice_agent_v1_Probe } from './sluice/agent/v1/Probe.ts';
import type { ProbeAckInput as _sluice_agent_v1_ProbeAckInput, ProbeAck as _sluice_agent_v1_ProbeAck } from './sluice/agent/v1/ProbeAck.ts';
import type { ProgressInput as _sluice_agent_v1_ProgressInput, Progress as _sluice_agent_v1_Progress } from './sluice/agent/v1/Progress.ts';
import type { PublishResultInput as _sluice_agent_v1_PublishResultInput, PublishResult as _sluice_agent_v1_PublishResult } from './sluice/agent/v1/PublishResult.ts';
import type { PublishSpecInput as _sluice_agent_v1_PublishSpecInput, PublishSpec as _sluice_agent_v1_PublishSpec } from './sluice/agent/v1/PublishSpec.ts';
import type { QueryResultInput as _sluice_agent_v1_QueryResultInput, QueryResult as _sluice_agent_v1_QueryResult } from './sluice/agent/v1/QueryResult.ts';
import type { QuerySpecInput as _sluice_agent_v1_QuerySpecInput, QuerySpec as _sluice_agent_v1_QuerySpec } from './sluice/agent/v1/QuerySpec.ts';
import type { ReaderColumnInput as _sluice_agent_v1_ReaderColumnInput, ReaderColumn as _sluice_agent_v1_ReaderColumn } from './sluice/agent/v1/ReaderColumn.ts';
import type { ReconcileDecisionInput as _sluice_agent_v1_ReconcileDecisionInput, ReconcileDecision as _sluice_agent_v1_ReconcileDecision } from './sluice/agent/v1/ReconcileDecision.ts';
import type { ReconciledInput as _sluice_agent_v1_ReconciledInput, Reconciled as _sluice_agent_v1_Reconciled } from './sluice/agent/v1/Reconciled.ts';
import type { RejectInput as _sluice_agent_v1_RejectInput, Reject as _sluice_agent_v1_Reject } from './sluice/agent/v1/Reject.ts';
import type { RenewCertificateInput as _sluice_agent_v1_RenewCertificateInput, RenewCertificate as _sluice_agent_v1_RenewCertificate } from './sluice/agent/v1/RenewCertificate.ts';
import type { RenewReplyInput as _sluice_agent_v1_RenewReplyInput, RenewReply as _sluice_agent_v1_RenewReply } from './sluice/agent/v1/RenewReply.ts';
import type { RenewRequestInput as _sluice_agent_v1_RenewRequestInput, RenewRequest as _sluice_agent_v1_RenewRequest } from './sluice/agent/v1/RenewRequest.ts';
import type { ResultInput as _sluice_agent_v1_ResultInput, Result as _sluice_agent_v1_Result } from './sluice/agent/v1/Result.ts';
import type { ResultAckInput as _sluice_agent_v1_ResultAckInput, ResultAck as _sluice_agent_v1_ResultAck } from './sluice/agent/v1/ResultAck.ts';
import type { SliceRangeInput as _sluice_agent_v1_SliceRangeInput, SliceRange as _sluice_agent_v1_SliceRange } from './sluice/agent/v1/SliceRange.ts';
import type { SliceResultInput as _sluice_agent_v1_SliceResultInput, SliceResult as _sluice_agent_v1_SliceResult } from './sluice/agent/v1/SliceResult.ts';
import type { SliceSpecInput as _sluice_agent_v1_SliceSpecInput, SliceSpec as _sluice_agent_v1_SliceSpec } from './sluice/agent/v1/SliceSpec.ts';
import type { SpeedUpdateInput as _sluice_agent_v1_SpeedUpdateInput, SpeedUpdate as _sluice_agent_v1_SpeedUpdate } from './sluice/agent/v1/SpeedUpdate.ts';
import type { TableColumnInput as _sluice_agent_v1_TableColumnInput, TableColumn as _sluice_agent_v1_TableColumn } from './sluice/agent/v1/TableColumn.ts';
import type { TestResultInput as _sluice_agent_v1_TestResultInput, TestResult as _sluice_agent_v1_TestResult } from './sluice/agent/v1/TestResult.ts';
import type { TestSpecInput as _sluice_agent_v1_TestSpecInput, TestSpec as _sluice_agent_v1_TestSpec } from './sluice/agent/v1/TestSpec.ts';
import type { TestStageInput as _sluice_agent_v1_TestStageInput, TestStage as _sluice_agent_v1_TestStage } from './sluice/agent/v1/TestStage.ts';
import type { UpgradeInput as _sluice_agent_v1_UpgradeInput, Upgrade as _sluice_agent_v1_Upgrade } from './sluice/agent/v1/Upgrade.ts';
import type { UpgradeStateInput as _sluice_agent_v1_UpgradeStateInput, UpgradeState as _sluice_agent_v1_UpgradeState } from './sluice/agent/v1/UpgradeState.ts';
import type { VerifyResultInput as _sluice_agent_v1_VerifyResultInput, VerifyResult as _sluice_agent_v1_VerifyResult } from './sluice/agent/v1/VerifyResult.ts';
import type { VerifySpecInput as _sluice_agent_v1_VerifySpecInput, VerifySpec as _sluice_agent_v1_VerifySpec } from './sluice/agent/v1/VerifySpec.ts';
import type { WelcomeInput as _sluice_agent_v1_WelcomeInput, Welcome as _sluice_agent_v1_Welcome } from './sluice/agent/v1/Welcome.ts';
import type { WorkErrorInput as _sluice_agent_v1_WorkErrorInput, WorkError as _sluice_agent_v1_WorkError } from './sluice/agent/v1/WorkError.ts';
import type { WorkRefInput as _sluice_agent_v1_WorkRefInput, WorkRef as _sluice_agent_v1_WorkRef } from './sluice/agent/v1/WorkRef.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sluice: {
    agent: {
      v1: {
        Accept: MessageTypeDefinition<_sluice_agent_v1_AcceptInput, _sluice_agent_v1_Accept>
        AgentFrame: MessageTypeDefinition<_sluice_agent_v1_AgentFrameInput, _sluice_agent_v1_AgentFrame>
        /**
         * Everything an agent and the control plane say to each other. The agent dials; the control plane
         * never does. One `Session` stream per agent carries control frames; logs and bulk results have
         * calls of their own, so that they never stand before a control frame.
         * 
         * Who calls is said by the client certificate; Check and Enrol need none. Sizes: proto/link-limits.ts.
         */
        AgentLink: SubtypeConstructor<typeof grpc.Client, _sluice_agent_v1_AgentLinkClient> & { service: _sluice_agent_v1_AgentLinkDefinition }
        Assign: MessageTypeDefinition<_sluice_agent_v1_AssignInput, _sluice_agent_v1_Assign>
        BulkAck: MessageTypeDefinition<_sluice_agent_v1_BulkAckInput, _sluice_agent_v1_BulkAck>
        BulkChunk: MessageTypeDefinition<_sluice_agent_v1_BulkChunkInput, _sluice_agent_v1_BulkChunk>
        BundleChunk: MessageTypeDefinition<_sluice_agent_v1_BundleChunkInput, _sluice_agent_v1_BundleChunk>
        Bye: MessageTypeDefinition<_sluice_agent_v1_ByeInput, _sluice_agent_v1_Bye>
        Cancel: MessageTypeDefinition<_sluice_agent_v1_CancelInput, _sluice_agent_v1_Cancel>
        CheckReply: MessageTypeDefinition<_sluice_agent_v1_CheckReplyInput, _sluice_agent_v1_CheckReply>
        CheckRequest: MessageTypeDefinition<_sluice_agent_v1_CheckRequestInput, _sluice_agent_v1_CheckRequest>
        CompleteResult: MessageTypeDefinition<_sluice_agent_v1_CompleteResultInput, _sluice_agent_v1_CompleteResult>
        CompleteSpec: MessageTypeDefinition<_sluice_agent_v1_CompleteSpecInput, _sluice_agent_v1_CompleteSpec>
        DiagnoseResult: MessageTypeDefinition<_sluice_agent_v1_DiagnoseResultInput, _sluice_agent_v1_DiagnoseResult>
        DiagnoseSpec: MessageTypeDefinition<_sluice_agent_v1_DiagnoseSpecInput, _sluice_agent_v1_DiagnoseSpec>
        DirtyRecord: MessageTypeDefinition<_sluice_agent_v1_DirtyRecordInput, _sluice_agent_v1_DirtyRecord>
        Drain: MessageTypeDefinition<_sluice_agent_v1_DrainInput, _sluice_agent_v1_Drain>
        EnrolReply: MessageTypeDefinition<_sluice_agent_v1_EnrolReplyInput, _sluice_agent_v1_EnrolReply>
        EnrolRequest: MessageTypeDefinition<_sluice_agent_v1_EnrolRequestInput, _sluice_agent_v1_EnrolRequest>
        Fenced: MessageTypeDefinition<_sluice_agent_v1_FencedInput, _sluice_agent_v1_Fenced>
        FetchBundleRequest: MessageTypeDefinition<_sluice_agent_v1_FetchBundleRequestInput, _sluice_agent_v1_FetchBundleRequest>
        FetchTuning: MessageTypeDefinition<_sluice_agent_v1_FetchTuningInput, _sluice_agent_v1_FetchTuning>
        GoAway: MessageTypeDefinition<_sluice_agent_v1_GoAwayInput, _sluice_agent_v1_GoAway>
        Heartbeat: MessageTypeDefinition<_sluice_agent_v1_HeartbeatInput, _sluice_agent_v1_Heartbeat>
        HeartbeatAck: MessageTypeDefinition<_sluice_agent_v1_HeartbeatAckInput, _sluice_agent_v1_HeartbeatAck>
        Hello: MessageTypeDefinition<_sluice_agent_v1_HelloInput, _sluice_agent_v1_Hello>
        HostCheck: MessageTypeDefinition<_sluice_agent_v1_HostCheckInput, _sluice_agent_v1_HostCheck>
        HostFacts: MessageTypeDefinition<_sluice_agent_v1_HostFactsInput, _sluice_agent_v1_HostFacts>
        InflightWork: MessageTypeDefinition<_sluice_agent_v1_InflightWorkInput, _sluice_agent_v1_InflightWork>
        JsonPath: MessageTypeDefinition<_sluice_agent_v1_JsonPathInput, _sluice_agent_v1_JsonPath>
        KafkaConnection: MessageTypeDefinition<_sluice_agent_v1_KafkaConnectionInput, _sluice_agent_v1_KafkaConnection>
        LeaveReply: MessageTypeDefinition<_sluice_agent_v1_LeaveReplyInput, _sluice_agent_v1_LeaveReply>
        LeaveRequest: MessageTypeDefinition<_sluice_agent_v1_LeaveRequestInput, _sluice_agent_v1_LeaveRequest>
        LogAck: MessageTypeDefinition<_sluice_agent_v1_LogAckInput, _sluice_agent_v1_LogAck>
        LogChunk: MessageTypeDefinition<_sluice_agent_v1_LogChunkInput, _sluice_agent_v1_LogChunk>
        LogLine: MessageTypeDefinition<_sluice_agent_v1_LogLineInput, _sluice_agent_v1_LogLine>
        MaxComputeConnection: MessageTypeDefinition<_sluice_agent_v1_MaxComputeConnectionInput, _sluice_agent_v1_MaxComputeConnection>
        NewCertificate: MessageTypeDefinition<_sluice_agent_v1_NewCertificateInput, _sluice_agent_v1_NewCertificate>
        OpenResult: MessageTypeDefinition<_sluice_agent_v1_OpenResultInput, _sluice_agent_v1_OpenResult>
        OpenSpec: MessageTypeDefinition<_sluice_agent_v1_OpenSpecInput, _sluice_agent_v1_OpenSpec>
        PartitionColumn: MessageTypeDefinition<_sluice_agent_v1_PartitionColumnInput, _sluice_agent_v1_PartitionColumn>
        PartitionOffset: MessageTypeDefinition<_sluice_agent_v1_PartitionOffsetInput, _sluice_agent_v1_PartitionOffset>
        PlanResult: MessageTypeDefinition<_sluice_agent_v1_PlanResultInput, _sluice_agent_v1_PlanResult>
        PlanSpec: MessageTypeDefinition<_sluice_agent_v1_PlanSpecInput, _sluice_agent_v1_PlanSpec>
        PlaneFrame: MessageTypeDefinition<_sluice_agent_v1_PlaneFrameInput, _sluice_agent_v1_PlaneFrame>
        PlannedRange: MessageTypeDefinition<_sluice_agent_v1_PlannedRangeInput, _sluice_agent_v1_PlannedRange>
        Position: MessageTypeDefinition<_sluice_agent_v1_PositionInput, _sluice_agent_v1_Position>
        Probe: MessageTypeDefinition<_sluice_agent_v1_ProbeInput, _sluice_agent_v1_Probe>
        ProbeAck: MessageTypeDefinition<_sluice_agent_v1_ProbeAckInput, _sluice_agent_v1_ProbeAck>
        Progress: MessageTypeDefinition<_sluice_agent_v1_ProgressInput, _sluice_agent_v1_Progress>
        PublishResult: MessageTypeDefinition<_sluice_agent_v1_PublishResultInput, _sluice_agent_v1_PublishResult>
        PublishSpec: MessageTypeDefinition<_sluice_agent_v1_PublishSpecInput, _sluice_agent_v1_PublishSpec>
        QueryResult: MessageTypeDefinition<_sluice_agent_v1_QueryResultInput, _sluice_agent_v1_QueryResult>
        QuerySpec: MessageTypeDefinition<_sluice_agent_v1_QuerySpecInput, _sluice_agent_v1_QuerySpec>
        ReaderColumn: MessageTypeDefinition<_sluice_agent_v1_ReaderColumnInput, _sluice_agent_v1_ReaderColumn>
        ReconcileDecision: MessageTypeDefinition<_sluice_agent_v1_ReconcileDecisionInput, _sluice_agent_v1_ReconcileDecision>
        Reconciled: MessageTypeDefinition<_sluice_agent_v1_ReconciledInput, _sluice_agent_v1_Reconciled>
        Reject: MessageTypeDefinition<_sluice_agent_v1_RejectInput, _sluice_agent_v1_Reject>
        RenewCertificate: MessageTypeDefinition<_sluice_agent_v1_RenewCertificateInput, _sluice_agent_v1_RenewCertificate>
        RenewReply: MessageTypeDefinition<_sluice_agent_v1_RenewReplyInput, _sluice_agent_v1_RenewReply>
        RenewRequest: MessageTypeDefinition<_sluice_agent_v1_RenewRequestInput, _sluice_agent_v1_RenewRequest>
        Result: MessageTypeDefinition<_sluice_agent_v1_ResultInput, _sluice_agent_v1_Result>
        ResultAck: MessageTypeDefinition<_sluice_agent_v1_ResultAckInput, _sluice_agent_v1_ResultAck>
        SliceRange: MessageTypeDefinition<_sluice_agent_v1_SliceRangeInput, _sluice_agent_v1_SliceRange>
        SliceResult: MessageTypeDefinition<_sluice_agent_v1_SliceResultInput, _sluice_agent_v1_SliceResult>
        SliceSpec: MessageTypeDefinition<_sluice_agent_v1_SliceSpecInput, _sluice_agent_v1_SliceSpec>
        SpeedUpdate: MessageTypeDefinition<_sluice_agent_v1_SpeedUpdateInput, _sluice_agent_v1_SpeedUpdate>
        TableColumn: MessageTypeDefinition<_sluice_agent_v1_TableColumnInput, _sluice_agent_v1_TableColumn>
        TestResult: MessageTypeDefinition<_sluice_agent_v1_TestResultInput, _sluice_agent_v1_TestResult>
        TestSpec: MessageTypeDefinition<_sluice_agent_v1_TestSpecInput, _sluice_agent_v1_TestSpec>
        TestStage: MessageTypeDefinition<_sluice_agent_v1_TestStageInput, _sluice_agent_v1_TestStage>
        Upgrade: MessageTypeDefinition<_sluice_agent_v1_UpgradeInput, _sluice_agent_v1_Upgrade>
        UpgradeState: MessageTypeDefinition<_sluice_agent_v1_UpgradeStateInput, _sluice_agent_v1_UpgradeState>
        VerifyResult: MessageTypeDefinition<_sluice_agent_v1_VerifyResultInput, _sluice_agent_v1_VerifyResult>
        VerifySpec: MessageTypeDefinition<_sluice_agent_v1_VerifySpecInput, _sluice_agent_v1_VerifySpec>
        Welcome: MessageTypeDefinition<_sluice_agent_v1_WelcomeInput, _sluice_agent_v1_Welcome>
        WorkError: MessageTypeDefinition<_sluice_agent_v1_WorkErrorInput, _sluice_agent_v1_WorkError>
        WorkRef: MessageTypeDefinition<_sluice_agent_v1_WorkRefInput, _sluice_agent_v1_WorkRef>
      }
    }
  }
}

