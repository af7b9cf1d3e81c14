// Original file: proto/agent/v1/link.proto

import type { WelcomeInput as _sluice_agent_v1_WelcomeInput, Welcome as _sluice_agent_v1_Welcome } from '../../../sluice/agent/v1/Welcome.ts';
import type { FencedInput as _sluice_agent_v1_FencedInput, Fenced as _sluice_agent_v1_Fenced } from '../../../sluice/agent/v1/Fenced.ts';
import type { HeartbeatAckInput as _sluice_agent_v1_HeartbeatAckInput, HeartbeatAck as _sluice_agent_v1_HeartbeatAck } from '../../../sluice/agent/v1/HeartbeatAck.ts';
import type { AssignInput as _sluice_agent_v1_AssignInput, Assign as _sluice_agent_v1_Assign } from '../../../sluice/agent/v1/Assign.ts';
import type { CancelInput as _sluice_agent_v1_CancelInput, Cancel as _sluice_agent_v1_Cancel } from '../../../sluice/agent/v1/Cancel.ts';
import type { ResultAckInput as _sluice_agent_v1_ResultAckInput, ResultAck as _sluice_agent_v1_ResultAck } from '../../../sluice/agent/v1/ResultAck.ts';
import type { DrainInput as _sluice_agent_v1_DrainInput, Drain as _sluice_agent_v1_Drain } from '../../../sluice/agent/v1/Drain.ts';
import type { GoAwayInput as _sluice_agent_v1_GoAwayInput, GoAway as _sluice_agent_v1_GoAway } from '../../../sluice/agent/v1/GoAway.ts';
import type { ProbeInput as _sluice_agent_v1_ProbeInput, Probe as _sluice_agent_v1_Probe } from '../../../sluice/agent/v1/Probe.ts';
import type { NewCertificateInput as _sluice_agent_v1_NewCertificateInput, NewCertificate as _sluice_agent_v1_NewCertificate } from '../../../sluice/agent/v1/NewCertificate.ts';
import type { SpeedUpdateInput as _sluice_agent_v1_SpeedUpdateInput, SpeedUpdate as _sluice_agent_v1_SpeedUpdate } from '../../../sluice/agent/v1/SpeedUpdate.ts';
import type { UpgradeInput as _sluice_agent_v1_UpgradeInput, Upgrade as _sluice_agent_v1_Upgrade } from '../../../sluice/agent/v1/Upgrade.ts';
import type { Long } from '@grpc/proto-loader';

export interface PlaneFrameInput {
  'sessionEpoch'?: (number | string | Long);
  'seq'?: (number | string | Long);
  'welcome'?: (_sluice_agent_v1_WelcomeInput | null);
  'fenced'?: (_sluice_agent_v1_FencedInput | null);
  'heartbeatAck'?: (_sluice_agent_v1_HeartbeatAckInput | null);
  'assign'?: (_sluice_agent_v1_AssignInput | null);
  'cancel'?: (_sluice_agent_v1_CancelInput | null);
  'resultAck'?: (_sluice_agent_v1_ResultAckInput | null);
  'drain'?: (_sluice_agent_v1_DrainInput | null);
  'goAway'?: (_sluice_agent_v1_GoAwayInput | null);
  'probe'?: (_sluice_agent_v1_ProbeInput | null);
  'newCertificate'?: (_sluice_agent_v1_NewCertificateInput | null);
  'speedUpdate'?: (_sluice_agent_v1_SpeedUpdateInput | null);
  'upgrade'?: (_sluice_agent_v1_UpgradeInput | null);
  'frame'?: "welcome"|"fenced"|"heartbeatAck"|"assign"|"cancel"|"resultAck"|"drain"|"goAway"|"probe"|"newCertificate"|"speedUpdate"|"upgrade";
}

export interface PlaneFrame {
  'sessionEpoch': (number);
  'seq': (number);
  'welcome'?: (_sluice_agent_v1_Welcome | null);
  'fenced'?: (_sluice_agent_v1_Fenced | null);
  'heartbeatAck'?: (_sluice_agent_v1_HeartbeatAck | null);
  'assign'?: (_sluice_agent_v1_Assign | null);
  'cancel'?: (_sluice_agent_v1_Cancel | null);
  'resultAck'?: (_sluice_agent_v1_ResultAck | null);
  'drain'?: (_sluice_agent_v1_Drain | null);
  'goAway'?: (_sluice_agent_v1_GoAway | null);
  'probe'?: (_sluice_agent_v1_Probe | null);
  'newCertificate'?: (_sluice_agent_v1_NewCertificate | null);
  'speedUpdate'?: (_sluice_agent_v1_SpeedUpdate | null);
  'upgrade'?: (_sluice_agent_v1_Upgrade | null);
  'frame'?: "welcome"|"fenced"|"heartbeatAck"|"assign"|"cancel"|"resultAck"|"drain"|"goAway"|"probe"|"newCertificate"|"speedUpdate"|"upgrade";
}
