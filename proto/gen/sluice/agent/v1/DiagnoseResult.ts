// Original file: proto/agent/v1/probe.proto

import type { HostCheckInput as _sluice_agent_v1_HostCheckInput, HostCheck as _sluice_agent_v1_HostCheck } from '../../../sluice/agent/v1/HostCheck.ts';

export interface DiagnoseResultInput {
  'checks'?: (_sluice_agent_v1_HostCheckInput)[];
  'lines'?: (string)[];
}

export interface DiagnoseResult {
  'checks': (_sluice_agent_v1_HostCheck)[];
  'lines': (string)[];
}
