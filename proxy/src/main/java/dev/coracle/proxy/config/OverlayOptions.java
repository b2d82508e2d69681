package dev.coracle.proxy.config;

/**
 * @param clusterId names the device, so that several clusters share a machine
 * @param nodeName this node
 * @param nodeIp its address towards the other nodes
 * @param clusterCidr the pods of all nodes: a range of either family, or one of each with a comma
 *     between; nodes whose ranges are not inside are left out
 */
public record OverlayOptions(
    String clusterId, String nodeName, String nodeIp, String clusterCidr) {}
