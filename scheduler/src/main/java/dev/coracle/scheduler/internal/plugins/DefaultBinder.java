package dev.coracle.scheduler.internal.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import io.smallrye.mutiny.Uni;

/** Binds by the pod's {@code binding} subresource. */
public final class DefaultBinder implements Plugin.Bind {

  private static final GroupVersionKind BINDING = new GroupVersionKind("", "v1", "Binding");

  private final Client client;

  public DefaultBinder(Client client) {
    this.client = client;
  }

  @Override
  public String name() {
    return "DefaultBinder";
  }

  @Override
  public Uni<KubeObject> bind(PodInfo pod, String node) {
    KubeObject to =
        KubeObject.create(
            BINDING,
            pod.pod().namespace(),
            pod.pod().name(),
            tree -> {
              tree.withObjectProperty("metadata").put("uid", pod.uid());
              ObjectNode target = tree.putObject("target");
              target.put("apiVersion", "v1").put("kind", "Node").put("name", node);
            });
    return client.createSubresource(
        Resources.PODS, pod.pod().namespace(), pod.pod().name(), "binding", to, WriteOptions.NONE);
  }
}
