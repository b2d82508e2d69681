package dev.coracle.kubelet.internal.image.provider;

import dev.coracle.cri.v1.AuthConfig;
import dev.coracle.kubelet.config.CredentialProviders;
import dev.coracle.kubelet.internal.image.CredentialServer;
import dev.coracle.kubelet.internal.image.ImageReference;
import dev.coracle.kubelet.internal.image.Keyring;
import dev.coracle.kubelet.internal.image.PullCredential;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All programs that are configured. One that fails is logged and passed over: the registry may let
 * the pod have the image all the same.
 */
public final class CredentialPlugins {
  private static final Logger LOG = LoggerFactory.getLogger(CredentialPlugins.class);

  /** As long as upstream lets a program run. */
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final List<CredentialPlugin> plugins;

  public CredentialPlugins(
      CredentialProviders providers, PodAccounts accounts, KubeletMetrics metrics, Clock clock) {
    this.plugins =
        providers.providers().stream()
            .map(p ->
                new CredentialPlugin(
                    p,
                    accounts,
                    new PluginProgram(providers.directory(), p, LIMIT, metrics),
                    clock))
            .toList();
  }

  /** Those that fit the image, in upstream's order. Blocks. */
  public List<PullCredential> of(Pod pod, String image) {
    List<PullCredential> out = new ArrayList<>();
    String name = ImageReference.fullName(image);
    for (CredentialPlugin plugin : plugins) {
      try {
        plugin
            .of(pod, name)
            .ifPresent(granted ->
                granted
                    .logins()
                    .forEach((server, login) -> {
                      if (CredentialServer.of(server).fits(name)) {
                        out.add(new PullCredential(auth(server, login), granted.source()));
                      }
                    }));
      } catch (PluginFailure e) {
        LOG.atError()
            .addKeyValue("provider", plugin.name())
            .addKeyValue("image", name)
            .addKeyValue("pod", pod.key())
            .addKeyValue("why", e.getMessage())
            .log("Failed getting credential from external registry credential provider");
      }
    }
    out.sort(Keyring.ORDER);
    return out;
  }

  private static AuthConfig auth(String server, PluginResponse.Login login) {
    return AuthConfig.newBuilder()
        .setServerAddress(server)
        .setUsername(login.username())
        .setPassword(login.password())
        .build();
  }
}
