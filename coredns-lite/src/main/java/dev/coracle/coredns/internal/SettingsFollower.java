package dev.coracle.coredns.internal;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.InformerOptions;
import dev.coracle.coredns.internal.corefile.CorefileException;
import dev.coracle.coredns.internal.corefile.CorefileReader;
import dev.coracle.coredns.internal.corefile.NameSettings;
import io.smallrye.mutiny.Uni;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the ConfigMap {@code kube-system/coredns}, in which users say who answers which names. A
 * Corefile that cannot be read changes nothing and is told in the log; without the ConfigMap, or
 * without a Corefile in it, the node's name servers are asked.
 */
public final class SettingsFollower {

  private static final Logger LOG = LoggerFactory.getLogger(SettingsFollower.class);
  private static final String NAMESPACE = "kube-system";
  private static final String NAME = "coredns";
  private static final String KEY = "Corefile";

  /** What is so without a ConfigMap, for users to begin with. */
  private static final String DEFAULT =
      """
      .:53 {
          errors
          kubernetes %s in-addr.arpa ip6.arpa {
             fallthrough in-addr.arpa ip6.arpa
          }
          forward . /etc/resolv.conf
          cache
          reload
          loadbalance
      }
      """;

  private final List<InetSocketAddress> nodes;
  private final Consumer<NameSettings> to;

  /**
   * @param nodes the node's name servers
   * @param to takes the settings, on the informers' context
   */
  public SettingsFollower(
      InformerFactory informers, List<InetSocketAddress> nodes, Consumer<NameSettings> to) {
    this.nodes = nodes;
    this.to = to;
    informers
        .informer(
            Resources.CONFIG_MAPS,
            InformerOptions.inNamespace(NAMESPACE)
                .withFields(FieldSelector.equalTo("metadata.name", NAME)))
        .addHandler(
            new Informer.Handler() {
              @Override
              public void added(KubeObject map) {
                read(map);
              }

              @Override
              public void updated(KubeObject before, KubeObject now) {
                if (!before.at("data").equals(now.at("data"))) {
                  read(now);
                }
              }

              @Override
              public void deleted(KubeObject last) {
                to.accept(NameSettings.of(nodes));
              }
            });
  }

  private void read(KubeObject map) {
    Optional<String> text = Optional.of(map.text("data", KEY)).filter(t -> !t.isBlank());
    try {
      NameSettings settings =
          text.isPresent() ? new CorefileReader(nodes).read(text.get()) : NameSettings.of(nodes);
      settings
          .remarks()
          .forEach(remark ->
              LOG.atWarn().addKeyValue("remark", remark).log("ConfigMap kube-system/coredns"));
      to.accept(settings);
    } catch (CorefileException e) {
      LOG.atWarn()
          .addKeyValue("cause", e.getMessage())
          .log("ConfigMap kube-system/coredns cannot be read; names are answered as before");
    }
  }

  /** Makes the ConfigMap where there is none, so that it can be edited. */
  public static Uni<Void> publish(Client client, String clusterDomain) {
    KubeObject map =
        KubeObject.create(
            new GroupVersionKind("", "v1", "ConfigMap"),
            NAMESPACE,
            NAME,
            node -> node.putObject("data").put(KEY, DEFAULT.formatted(clusterDomain)));
    return client
        .create(Resources.CONFIG_MAPS, map)
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithNull()
        .replaceWithVoid();
  }
}
