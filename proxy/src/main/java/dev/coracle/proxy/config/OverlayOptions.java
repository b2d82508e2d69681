package dev.coracle.proxy.config;

/**
 * @param clusterId names the device, so that several clusters share a machine
 * @param nodeName this node
 * @param nodeIp its address towards the other nodes
 * @param clusterCidr the pods of all nodes: a range of IPv4, and with a comma between one of IPv6
 *     where pods have both; nodes whose IPv4 range is not inside are left out
 */
public record OverlayOptions(
    String clusterId, String nodeName, String nodeIp, String clusterCidr) {}
