package dev.coracle.launcher.cli;

import dev.coracle.launcher.Foreground;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.launcher.config.NodeOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code coracle up}: starts a cluster in this process and stays until it is told to stop. */
@Command(
    name = "up",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    description = "Start a cluster: control plane, node and add-ons in one process.")
final class UpCommand implements Callable<Integer> {

  @Mixin private final DataDirOption dataDir = new DataDirOption();

  @Mixin private final ClusterFlags cluster = new ClusterFlags();

  @Option(
      names = "--detach",
      description = "Go on in the background once the cluster is ready; 'coracle down' ends it.")
  private boolean detach;

  @Option(
      names = "--demo",
      description = "Deploy the demo application too and print the URLs that reach it.")
  private boolean demo;

  @Option(
      names = "--train",
      hidden = true,
      description =
          "Send the requests of a first user, then end: what the start-up cache learns from.")
  private boolean train;

  @Option(
      names = "--keep-pods",
      description = "Leave containers running at the end; the next 'up' adopts them.")
  private boolean keepPods;

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
      names = "--proxy-mode",
      paramLabel = "MODE",
      defaultValue = "auto",
      description =
          "How Services are balanced: auto, nftables or userspace. Default: ${DEFAULT-VALUE}")
  private String proxyMode = "auto";

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
          "Address of the node, or one of each family, IPv4,IPv6. Default: the host's first global"
              + " one of each family that pods have")
  private String nodeIp = "";

  @Option(
      names = "--kubelet-port",
      paramLabel = "PORT",
      defaultValue = "10250",
      description =
          "Port of the kubelet's API; a free one when it is taken. Default: ${DEFAULT-VALUE}")
  private int kubeletPort;

  @Option(
      names = "--ingress-http-port",
      paramLabel = "PORT",
      defaultValue = "8080",
      description =
          "Port of the ingress gateway; a free one when it is taken. Default: ${DEFAULT-VALUE}")
  private int ingressHttpPort;

  @Option(
      names = "--ingress-https-port",
      paramLabel = "PORT",
      defaultValue = "8443",
      description =
          "TLS port of the ingress gateway; a free one when it is taken. Default:"
              + " ${DEFAULT-VALUE}")
  private int ingressHttpsPort;

  @Option(
      names = "--dns-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description =
          "Port of the DNS server on the node; pods reach it on port 53 of its Service. Default: a"
              + " free one")
  private int dnsPort;

  @Mixin private final ControllerFlags controllers = new ControllerFlags();

  @Mixin private final SchedulerFlags scheduler = new SchedulerFlags();

  @Mixin private final StoreFlags store = new StoreFlags();

  @Mixin private final JoinFlags join = new JoinFlags();

  @Mixin private final ServingFlags serving = new ServingFlags();

  @Mixin private final SecurityFlags security = new SecurityFlags();

  @Mixin private final LogFlags logs = new LogFlags();

  @Mixin private final KubeletFlags kubelet = new KubeletFlags();

  @Mixin private final ImageFlags images = new ImageFlags();

  @Mixin private final ProxyFlags proxy = new ProxyFlags();

  @Mixin private final SimulationFlags simulation = new SimulationFlags();

  /** Read by the defaults' provider before the others are set. */
  @SuppressWarnings("unused")
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "YAML file with any of these options by their long names; flags win.")
  private @Nullable Path config;

  @Spec private @Nullable CommandSpec spec;

  private List<String> arguments() {
    return spec == null ? List.of() : spec.root().commandLine().getParseResult().originalArgs();
  }

  @Override
  public Integer call() throws Exception {
    CoracleOptions options =
        new CoracleOptions(
            dataDir.path(),
            cluster.bindAddress,
            cluster.port,
            kubeletPort,
            ingressHttpPort,
            ingressHttpsPort,
            dnsPort,
            nodeName,
            nodeIp,
            cluster.networks(),
            cluster.clusterDomain,
            containerRuntimeEndpoint,
            runtime,
            proxyMode,
            store.options(),
            keepPods,
            serving.options(),
            security.options(),
            logs.options(),
            NodeOptions.CONTROL_PLANE
                .withKubelet(kubelet.configuration())
                .withMaxLayerBytes(images.maxLayerBytes())
                .withProxy(proxy.options())
                .withSimulation(simulation.options()),
            controllers.tuning(),
            scheduler.options(),
            ShownFlags.of(spec));
    if (detach) {
      return new Background(options.dataDir(), arguments()).run();
    }
    join.run(options.dataDir(), options.store());
    return new Foreground(options, demo, train, System.out).run();
  }
}
