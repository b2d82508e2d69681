package dev.coracle.launcher.cli;

import dev.coracle.launcher.config.NetworkRanges;
import picocli.CommandLine.Option;

/** The API server's address and the cluster's networks. */
final class ClusterFlags {

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "6443",
      description = "Port of the API server; 0 picks a free one. Default: ${DEFAULT-VALUE}")
  int port;

  @Option(
      names = "--bind-address",
      paramLabel = "ADDRESS",
      defaultValue = "0.0.0.0",
      description = "Address the API server listens on. Default: ${DEFAULT-VALUE}")
  String bindAddress = "0.0.0.0";

  @Option(
      names = "--cluster-cidr",
      paramLabel = "CIDR[,CIDR]",
      defaultValue = "",
      description =
          "Network of the pods, or one of IPv4 and one of IPv6, the primary one first. Default:"
              + " 10.244.0.0/16, or a free one beside it")
  private String clusterCidr = "";

  @Option(
      names = "--service-cluster-ip-range",
      paramLabel = "CIDR[,CIDR]",
      defaultValue = "",
      description =
          "Network of the Services, or one of IPv4 and one of IPv6, the primary one first. Default:"
              + " 10.96.0.0/16, or a free one beside it")
  private String serviceCidr = "";

  @Option(
      names = "--node-cidr-mask-size-ipv4",
      paramLabel = "BITS",
      defaultValue = "24",
      description = "Prefix of a node's part of the pods' IPv4 network. Default: ${DEFAULT-VALUE}")
  private int nodeMaskIpv4 = 24;

  @Option(
      names = "--node-cidr-mask-size-ipv6",
      paramLabel = "BITS",
      defaultValue = "64",
      description = "Prefix of a node's part of the pods' IPv6 network. Default: ${DEFAULT-VALUE}")
  private int nodeMaskIpv6 = 64;

  @Option(
      names = "--cluster-domain",
      paramLabel = "DOMAIN",
      defaultValue = "cluster.local",
      description = "Domain of the cluster's DNS names. Default: ${DEFAULT-VALUE}")
  String clusterDomain = "cluster.local";

  NetworkRanges networks() {
    return new NetworkRanges(clusterCidr, serviceCidr, nodeMaskIpv4, nodeMaskIpv6);
  }
}
