package dev.coracle.launcher.cli;

import dev.coracle.launcher.Foreground;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.launcher.config.LogStoreOptions;
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

/** {@code coracle server}: a control plane that other machines join; runs no pods itself. */
@Command(
    name = "server",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    description =
        "Start a control plane without a node of its own: machines join it by 'coracle agent'.")
final class ServerCommand implements Callable<Integer> {

  @Mixin private final DataDirOption dataDir = new DataDirOption();

  @Mixin private final ClusterFlags cluster = new ClusterFlags();

  @Option(
      names = "--detach",
      description = "Go on in the background once it is ready; 'coracle down' ends it.")
  private boolean detach;

  @Option(
      names = "--advertise-address",
      paramLabel = "ADDRESS",
      defaultValue = "",
      description =
          "Address under which nodes reach the API server. Default: the host's first global one of"
              + " the primary family")
  private String advertiseAddress = "";

  @Option(
      names = "--dns-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "Port of the DNS server behind the DNS Service. Default: a free one")
  private int dnsPort;

  @Mixin private final ControllerFlags controllers = new ControllerFlags();

  @Mixin private final SchedulerFlags scheduler = new SchedulerFlags();

  @Mixin private final StoreFlags store = new StoreFlags();

  @Mixin private final JoinFlags join = new JoinFlags();

  @Mixin private final ServingFlags serving = new ServingFlags();

  @Mixin private final SecurityFlags security = new SecurityFlags();

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
            0,
            0,
            0,
            dnsPort,
            "",
            advertiseAddress,
            cluster.networks(),
            cluster.clusterDomain,
            "",
            "auto",
            "nftables",
            store.options(),
            false,
            serving.options(),
            security.options(),
            LogStoreOptions.DEFAULT,
            NodeOptions.NO_NODE.withSimulation(simulation.options()),
            controllers.tuning(),
            scheduler.options(),
            ShownFlags.of(spec));
    if (detach) {
      return new Background(options.dataDir(), arguments()).run();
    }
    join.run(options.dataDir(), options.store());
    return new Foreground(options, false, false, System.out).run();
  }
}
