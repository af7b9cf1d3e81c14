// Original file: proto/agent/v1/link.proto

import type { HelloInput as _sluice_agent_v1_HelloInput, Hello as _sluice_agent_v1_Hello } from '../../../sluice/agent/v1/Hello.ts';
import type { ReconciledInput as _sluice_agent_v1_ReconciledInput, Reconciled as _sluice_agent_v1_Reconciled } from '../../../sluice/agent/v1/Reconciled.ts';
import type { HeartbeatInput as _sluice_agent_v1_HeartbeatInput, Heartbeat as _sluice_agent_v1_Heartbeat } from '../../../sluice/agent/v1/Heartbeat.ts';
import type { AcceptInput as _sluice_agent_v1_AcceptInput, Accept as _sluice_agent_v1_Accept } from '../../../sluice/agent/v1/Accept.ts';
import type { RejectInput as _sluice_agent_v1_RejectInput, Reject as _sluice_agent_v1_Reject } from '../../../sluice/agent/v1/Reject.ts';
import type { ProgressInput as _sluice_agent_v1_ProgressInput, Progress as _sluice_agent_v1_Progress } from '../../../sluice/agent/v1/Progress.ts';
import type { ResultInput as _sluice_agent_v1_ResultInput, Result as _sluice_agent_v1_Result } from '../../../sluice/agent/v1/Result.ts';
import type { ByeInput as _sluice_agent_v1_ByeInput, Bye as _sluice_agent_v1_Bye } from '../../../sluice/agent/v1/Bye.ts';
import type { ProbeAckInput as _sluice_agent_v1_ProbeAckInput, ProbeAck as _sluice_agent_v1_ProbeAck } from '../../../sluice/agent/v1/ProbeAck.ts';
import type { RenewCertificateInput as _sluice_agent_v1_RenewCertificateInput, RenewCertificate as _sluice_agent_v1_RenewCertificate } from '../../../sluice/agent/v1/RenewCertificate.ts';
import type { UpgradeStateInput as _sluice_agent_v1_UpgradeStateInput, UpgradeState as _sluice_agent_v1_UpgradeState } from '../../../sluice/agent/v1/UpgradeState.ts';
import type { Long } from '@grpc/proto-loader';

export interface AgentFrameInput {
  /**
   * 0 in Hello
   */
  'sessionEpoch'?: (number | string | Long);
  /**
   * grows by one a frame, from 1 in each session
   */
  'seq'?: (number | string | Long);
  'hello'?: (_sluice_agent_v1_HelloInput | null);
  'reconciled'?: (_sluice_agent_v1_ReconciledInput | null);
  'heartbeat'?: (_sluice_agent_v1_HeartbeatInput | null);
  'accept'?: (_sluice_agent_v1_AcceptInput | null);
  'reject'?: (_sluice_agent_v1_RejectInput | null);
  'progress'?: (_sluice_agent_v1_ProgressInput | null);
  'result'?: (_sluice_agent_v1_ResultInput | null);
  'bye'?: (_sluice_agent_v1_ByeInput | null);
  'probeAck'?: (_sluice_agent_v1_ProbeAckInput | null);
  'renewCertificate'?: (_sluice_agent_v1_RenewCertificateInput | null);
  'upgradeState'?: (_sluice_agent_v1_UpgradeStateInput | null);
  'frame'?: "hello"|"reconciled"|"heartbeat"|"accept"|"reject"|"progress"|"result"|"bye"|"probeAck"|"renewCertificate"|"upgradeState";
}

export interface AgentFrame {
  /**
   * 0 in Hello
   */
  'sessionEpoch': (number);
  /**
   * grows by one a frame, from 1 in each session
   */
  'seq': (number);
  'hello'?: (_sluice_agent_v1_Hello | null);
  'reconciled'?: (_sluice_agent_v1_Reconciled | null);
  'heartbeat'?: (_sluice_agent_v1_Heartbeat | null);
  'accept'?: (_sluice_agent_v1_Accept | null);
  'reject'?: (_sluice_agent_v1_Reject | null);
  'progress'?: (_sluice_agent_v1_Progress | null);
  'result'?: (_sluice_agent_v1_Result | null);
  'bye'?: (_sluice_agent_v1_Bye | null);
  'probeAck'?: (_sluice_agent_v1_ProbeAck | null);
  'renewCertificate'?: (_sluice_agent_v1_RenewCertificate | null);
  'upgradeState'?: (_sluice_agent_v1_UpgradeState | null);
  'frame'?: "hello"|"reconciled"|"heartbeat"|"accept"|"reject"|"progress"|"result"|"bye"|"probeAck"|"renewCertificate"|"upgradeState";
}
