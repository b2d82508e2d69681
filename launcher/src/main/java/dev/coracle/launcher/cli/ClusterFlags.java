package dev.coracle.launcher.cli;

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
      paramLabel = "CIDR",
      defaultValue = "",
      description = "Network of the pods. Default: 10.244.0.0/16, or a free one beside it")
  String clusterCidr = "";

  @Option(
      names = "--service-cluster-ip-range",
      paramLabel = "CIDR",
      defaultValue = "",
      description = "Network of the Services. Default: 10.96.0.0/16, or a free one beside it")
  String serviceCidr = "";

  @Option(
      names = "--cluster-domain",
      paramLabel = "DOMAIN",
      defaultValue = "cluster.local",
      description = "Domain of the cluster's DNS names. Default: ${DEFAULT-VALUE}")
  String clusterDomain = "cluster.local";
}
