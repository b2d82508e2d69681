package dev.coracle.launcher.cli;

import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.controllers.config.ControllerTuning;
import dev.coracle.launcher.agent.AgentOptions;
import dev.coracle.launcher.agent.AgentProcess;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.launcher.config.NetworkRanges;
import dev.coracle.launcher.config.NodeOptions;
import dev.coracle.launcher.config.ServingOptions;
import dev.coracle.launcher.config.StoreOptions;
import dev.coracle.scheduler.config.SchedulerOptions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code coracle agent}: makes this machine a node of a cluster that runs elsewhere. */
@Command(
    name = "agent",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    description = "Join this machine to a cluster as a node, and run it.")
final class AgentCommand implements Callable<Integer> {

  @Mixin private final DataDirOption dataDir = new DataDirOption();

  @Option(
      names = "--server",
      required = true,
      paramLabel = "URL",
      description = "The cluster's API server, https://HOST:PORT.")
  private String server = "";

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      defaultValue = "${env:CORACLE_TOKEN:-}",
      description =
          "The token to join with, as 'coracle token create' prints it. Needed once. Default:"
              + " $CORACLE_TOKEN")
  private String token = "";

  @Option(
      names = "--ca-hash",
      paramLabel = "HASH",
      defaultValue = "",
      description =
          "sha256:… of the public key of the cluster's CA, by which it is known. Needed once.")
  private String caHash = "";

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      defaultValue = "",
      description = "The cluster's CA certificate, instead of --ca-hash.")
  private String caFile = "";

  @Option(
      names = "--detach",
      description = "Go on in the background once the node is ready; 'coracle down' ends it.")
  private boolean detach;

  @Option(
      names = "--node-name",
      paramLabel = "NAME",
      defaultValue = "",
      description = "Name of the node. Default: the host's name")
  private String nodeName = "";

  @Option(
      names = "--node-ip",
      paramLabel = "ADDRESS",
      defaultValue = "",
      description =
          "Address of the node towards the other nodes, or one of each family, IPv4,IPv6. Default:"
              + " that towards the server")
  private String nodeIp = "";

  @Option(
      names = "--node-label",
      paramLabel = "KEY=VALUE",
      description =
          "A label of the node; may be given several times. Labels of `kubernetes.io` and `k8s.io`"
              + " that a kubelet may not give itself, such as `node-role.kubernetes.io/…`, are"
              + " refused: an administrator sets them.")
  private Map<String, String> labels = Map.of();

  @Option(
      names = "--container-runtime-endpoint",
      paramLabel = "SOCKET",
      defaultValue = "",
      description =
          "UNIX socket of a CRI runtime, such as /run/containerd/containerd.sock, or of the Docker"
              + " Engine, such as /var/run/docker.sock. Default: the built-in runtime")
  private String containerRuntimeEndpoint = "";

  @Option(
      names = "--runtime",
      paramLabel = "KIND",
      defaultValue = "auto",
      description =
          "How the built-in runtime isolates: auto, crun, runc, namespaces or process. Default:"
              + " ${DEFAULT-VALUE}")
  private String runtime = "auto";

  @Option(
      names = "--keep-pods",
      description = "Leave containers running at the end; the next 'agent' adopts them.")
  private boolean keepPods;

  @Option(
      names = "--kubelet-port",
      paramLabel = "PORT",
      defaultValue = "10250",
      description =
          "Port of the kubelet's API on the loopback address, reached through the tunnel; a free"
              + " one when it is taken. Default: ${DEFAULT-VALUE}")
  private int kubeletPort;

  @Option(
      names = "--dns-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description =
          "Port of the node's DNS server; pods reach it on port 53 of its Service. Default: a free"
              + " one")
  private int dnsPort;

  @Mixin private final KubeletFlags kubelet = new KubeletFlags();

  @Mixin private final LogFlags logs = new LogFlags();

  @Mixin private final ImageFlags images = new ImageFlags();

  @Mixin private final ProxyFlags proxy = new ProxyFlags();

  @Spec private @Nullable CommandSpec spec;

  private List<String> arguments() {
    return spec == null ? List.of() : spec.root().commandLine().getParseResult().originalArgs();
  }

  @Override
  public Integer call() throws Exception {
    CoracleOptions node =
        new CoracleOptions(
            dataDir.path(),
            "",
            0,
            kubeletPort,
            0,
            0,
            dnsPort,
            nodeName,
            nodeIp,
            NetworkRanges.CHOSEN,
            "",
            containerRuntimeEndpoint,
            runtime,
            "nftables",
            StoreOptions.EMBEDDED,
            keepPods,
            ServingOptions.DEFAULT,
            SecurityOptions.DEFAULT,
            logs.options(),
            NodeOptions.worker(labels)
                .withKubelet(kubelet.configuration())
                .withMaxLayerBytes(images.maxLayerBytes())
                .withProxy(proxy.options()),
            ControllerTuning.DEFAULT,
            SchedulerOptions.DEFAULT,
            ShownFlags.of(spec));
    AgentOptions options =
        new AgentOptions(JoinFlags.https("--server", server), token, caHash, caFile, node);
    return detach
        ? new Background(dataDir.path(), arguments()).run()
        : new AgentProcess(options, System.out).run();
  }
}
