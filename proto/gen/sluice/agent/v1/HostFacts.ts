// Original file: proto/agent/v1/enrol.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What a host says of itself.
 */
export interface HostFactsInput {
  /**
   * as in /sys/class/dmi/id/product_uuid; empty where there is none worth the name
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
  /**
   * cores that the agent may use: a container's limit where there is one
   */
  'cpuCount'?: (number);
  /**
   * that the agent may use
   */
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
  /**
   * systemd | launcher | none: what starts the agent again; upgrades need one
   */
  'supervisor'?: (string);
}

/**
 * What a host says of itself.
 */
export interface HostFacts {
  /**
   * as in /sys/class/dmi/id/product_uuid; empty where there is none worth the name
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
  /**
   * cores that the agent may use: a container's limit where there is one
   */
  'cpuCount': (number);
  /**
   * that the agent may use
   */
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
  /**
   * systemd | launcher | none: what starts the agent again; upgrades need one
   */
  'supervisor': (string);
}
