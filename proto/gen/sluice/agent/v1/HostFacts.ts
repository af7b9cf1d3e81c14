// Original file: proto/agent/v1/enrol.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What a host says of itself.
 */
export interface HostFactsInput {
  /**
   * as in /sys/class/dmi/id/product_uuid; empty where there is none
   */
  'dmiUuid'?: (string);
  /**
   * etc/machine-id
   */
  'machineId'?: (string);
  /**
   * proc/sys/kernel/random/boot_id
   */
  'bootId'?: (string);
  'hostname'?: (string);
  'ips'?: (string)[];
  'cpuCount'?: (number);
  'memoryBytes'?: (number | string | Long);
  /**
   * "Debian GNU/Linux 12"
   */
  'os'?: (string);
  /**
   * "x64"
   */
  'arch'?: (string);
  'nodeVersion'?: (string);
  'agentVersion'?: (string);
}

/**
 * What a host says of itself.
 */
export interface HostFacts {
  /**
   * as in /sys/class/dmi/id/product_uuid; empty where there is none
   */
  'dmiUuid': (string);
  /**
   * etc/machine-id
   */
  'machineId': (string);
  /**
   * proc/sys/kernel/random/boot_id
   */
  'bootId': (string);
  'hostname': (string);
  'ips': (string)[];
  'cpuCount': (number);
  'memoryBytes': (number);
  /**
   * "Debian GNU/Linux 12"
   */
  'os': (string);
  /**
   * "x64"
   */
  'arch': (string);
  'nodeVersion': (string);
  'agentVersion': (string);
}
