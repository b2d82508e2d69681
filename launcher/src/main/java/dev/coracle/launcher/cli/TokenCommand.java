package dev.coracle.launcher.cli;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.net.UrlHost;
import dev.coracle.client.Client;
import dev.coracle.client.HttpsClient;
import dev.coracle.client.config.HttpsClientOptions;
import dev.coracle.launcher.DataDirectory;
import dev.coracle.launcher.ProcessState;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.agent.AuthorityPin;
import dev.coracle.launcher.agent.JoinTokens;
import dev.coracle.launcher.join.SealedAuthority;
import dev.coracle.launcher.join.SealedAuthority.Invitation;
import dev.coracle.launcher.pki.AuthorityFiles;
import dev.coracle.launcher.pki.Pem;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code coracle token}: the tokens by which machines join the cluster that runs here. */
@Command(
    name = "token",
    mixinStandardHelpOptions = true,
    description = "Tokens by which other machines join this cluster.",
    subcommands = {TokenCommand.Create.class, TokenCommand.List.class, TokenCommand.Delete.class},
    synopsisSubcommandLabel = "COMMAND")
final class TokenCommand implements Runnable {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Pattern LIFE = Pattern.compile("(\\d{1,6})(s|m|h|d)|0");

  @Spec private @org.jspecify.annotations.Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  /** What a subcommand does with the cluster's API as its administrator. */
  @FunctionalInterface
  private interface Action {
    void run(Client client, JoinTokens tokens) throws IOException;
  }

  private static int asAdministrator(Path root, Action action) throws IOException {
    ProcessState state =
        ProcessState.read(root)
            .filter(s -> DataDirectory.isInUse(root) && Files.exists(root.resolve("pki/admin.crt")))
            .orElseThrow(() ->
                new UserErrorException(
                    "no control plane is running in "
                        + root
                        + "; start one with 'coracle up' or 'coracle server'"));
    Path pki = root.resolve("pki");
    Vertx vertx = Vertx.vertx();
    HttpsClientOptions options =
        HttpsClientOptions.of(
                URI.create(state.apiUrl()), Files.readString(pki.resolve("ca.crt")), "coracle")
            .withCertificate(
                Files.readString(pki.resolve("admin.crt")),
                Files.readString(pki.resolve("admin.key")));
    try (HttpsClient client = new HttpsClient(vertx, options)) {
      action.run(client, new JoinTokens(client, Clock.systemUTC(), new SecureRandom()));
    } finally {
      vertx.close();
    }
    return 0;
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = "Make a token and print the command by which a machine joins with it.")
  static final class Create implements Callable<Integer> {
    @Mixin private final DataDirOption dataDir = new DataDirOption();

    @Option(
        names = "--ttl",
        paramLabel = "TIME",
        defaultValue = "",
        description =
            "How long it is good for: 30m, 24h, 7d; 0 for ever, which one for a control plane may"
                + " not be. Default: 24h, with --server 2h")
    private String ttl = "";

    @Option(
        names = "--server",
        description =
            "For one more control plane ('coracle server --join'), once: the command has the key"
                + " that the cluster's authority is sealed with, so it is as good as the authority.")
    private boolean server;

    @Option(
        names = "--description",
        paramLabel = "TEXT",
        defaultValue = "",
        description = "What it is for, shown by 'coracle token list'.")
    private String description = "";

    @Override
    public Integer call() throws IOException {
      Duration life = life(ttl.isEmpty() ? server ? "2h" : "24h" : ttl);
      if (server && !life.isPositive()) {
        throw new UserErrorException("a token for a control plane has to end: --ttl 2h");
      }
      Path pki = dataDir.path().resolve("pki");
      return asAdministrator(
          dataDir.path(),
          (client, tokens) -> {
            String pin = AuthorityPin.of(Pem.readCertificate(pki.resolve("ca.crt")));
            System.out.println(
                server
                    ? forServer(client, tokens, pki, life, pin)
                    : "coracle agent --server "
                        + address(client)
                        + " --token "
                        + tokens.create(JoinTokens.Kind.NODE, life, description).token()
                        + " --ca-hash "
                        + pin);
          });
    }

    private String forServer(Client client, JoinTokens tokens, Path pki, Duration life, String pin)
        throws IOException {
      Invitation made =
          new SealedAuthority(client, tokens, new SecureRandom())
              .invite(AuthorityFiles.read(pki), life, description);
      return "coracle server --join "
          + address(client)
          + " --token "
          + made.token()
          + " --ca-hash "
          + pin
          + " --certificate-key "
          + made.key().text();
    }

    /** Where other machines reach the API server, as the kubernetes Service's endpoints say. */
    private static String address(Client client) {
      KubeObject slice =
          client.get(Resources.ENDPOINT_SLICES, "default", "kubernetes").await().atMost(LIMIT);
      return "https://"
          + UrlHost.of(slice.at("endpoints").path(0).path("addresses").path(0).asText())
          + ":"
          + slice.at("ports").path(0).path("port").asInt();
    }
  }

  private static Duration life(String text) {
    Matcher m = LIFE.matcher(text.toLowerCase(Locale.ROOT));
    if (!m.matches()) {
      throw new UserErrorException("--ttl is a time such as 30m, 24h or 7d, not '" + text + "'");
    }
    if (m.group(1) == null) {
      return Duration.ZERO;
    }
    long n = Long.parseLong(m.group(1));
    return switch (m.group(2)) {
      case "s" -> Duration.ofSeconds(n);
      case "m" -> Duration.ofMinutes(n);
      case "h" -> Duration.ofHours(n);
      default -> Duration.ofDays(n);
    };
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "List the tokens, without their secrets.")
  static final class List implements Callable<Integer> {
    @Mixin private final DataDirOption dataDir = new DataDirOption();

    @Override
    public Integer call() throws IOException {
      return asAdministrator(
          dataDir.path(),
          (client, tokens) -> {
            System.out.printf("%-8s %-8s %-22s %s%n", "ID", "JOINS", "EXPIRES", "DESCRIPTION");
            for (JoinTokens.Known t : tokens.list()) {
              System.out.printf(
                  "%-8s %-8s %-22s %s%n",
                  t.id(),
                  t.kind().text(),
                  t.expires().isEmpty() ? "never" : t.expires(),
                  t.description());
            }
          });
    }
  }

  @Command(
      name = "delete",
      mixinStandardHelpOptions = true,
      description = "Delete a token: no machine joins with it any more.")
  static final class Delete implements Callable<Integer> {
    @Mixin private final DataDirOption dataDir = new DataDirOption();

    @Parameters(paramLabel = "ID", description = "Its id, or the whole token.")
    private String token = "";

    @Override
    public Integer call() throws IOException {
      return asAdministrator(dataDir.path(), (client, tokens) -> tokens.delete(token));
    }
  }
}
