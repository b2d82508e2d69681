package dev.coracle.kubelet.internal.objects;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.InformerOptions;
import dev.coracle.client.Lister;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Follows each object that a pod refers to by a watch of its own, since a node may see nothing else
 * (node authoriser). The first question is answered by a get while the watch opens; when the last
 * pod that asked is gone, the watch is closed. Safe for any thread.
 */
public final class ObjectCache implements ObjectSource {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private record Key(GroupVersionResource resource, String namespace, FieldSelector fields) {
    InformerOptions options() {
      return InformerOptions.inNamespace(namespace).withFields(fields);
    }
  }

  /**
   * @param without the pods that were told there is no such object
   */
  private record Followed(Informer informer, Set<String> pods, Set<String> without) {}

  private final Client client;
  private final InformerFactory informers;
  private final Lister services;
  private final Consumer<String> changed;
  private final Map<Key, Followed> followed = new ConcurrentHashMap<>();

  /**
   * @param services all Services
   * @param changed hears the uid of a pod one of whose objects changed
   */
  public ObjectCache(
      Client client, InformerFactory informers, Lister services, Consumer<String> changed) {
    this.client = client;
    this.informers = informers;
    this.services = services;
    this.changed = changed;
  }

  @Override
  public KubeObject get(
      String podUid, GroupVersionResource resource, String namespace, String name) {
    Followed f =
        followed(
            podUid, new Key(resource, namespace, FieldSelector.equalTo("metadata.name", name)));
    if (f.informer.hasSynced()) {
      var found = f.informer.lister().get(namespace, name);
      if (found.isPresent()) {
        return found.get();
      }
    }
    try {
      return client.get(resource, namespace, name).await().atMost(LIMIT);
    } catch (StatusException e) {
      f.without.add(podUid);
      // It may have come into the list meanwhile, before anybody was noted to wait for it.
      return f.informer.lister().get(namespace, name).orElseThrow(() -> named(e, resource, name));
    }
  }

  @Override
  public Collection<KubeObject> list(
      String podUid, GroupVersionResource resource, FieldSelector fields) {
    Followed f = followed(podUid, new Key(resource, "", fields));
    if (f.informer.hasSynced()) {
      return f.informer.lister().list();
    }
    // What comes between this answer and the informer's first list is told to the pod.
    f.without.add(podUid);
    return client
        .list(resource, "", ListOptions.ALL.withFields(fields))
        .await()
        .atMost(LIMIT)
        .items();
  }

  private Followed followed(String podUid, Key key) {
    return followed.compute(
        key,
        (k, known) -> {
          Followed now = known == null ? follow(k) : known;
          now.pods.add(podUid);
          return now;
        });
  }

  /** Upstream's kubelet speaks of one {@code secret} and one {@code configmap}. */
  private static StatusException named(
      StatusException e, GroupVersionResource resource, String name) {
    boolean one = resource.equals(Resources.SECRETS) || resource.equals(Resources.CONFIG_MAPS);
    if (!one || !StatusException.isNotFound(e)) {
      return e;
    }
    String plural = resource.resource();
    return StatusException.notFound(
        new GroupResource("", plural.substring(0, plural.length() - 1)), name);
  }

  private Followed follow(Key key) {
    Set<String> pods = ConcurrentHashMap.newKeySet();
    Set<String> without = ConcurrentHashMap.newKeySet();
    Informer informer = informers.informer(key.resource, key.options());
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject object) {
            // The first list tells nothing new, except to those who looked before it.
            (informer.hasSynced() ? pods : without).forEach(changed);
            without.clear();
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            pods.forEach(changed);
          }

          @Override
          public void deleted(KubeObject last) {
            pods.forEach(changed);
          }
        });
    informer.start().subscribe().with(v -> {}, e -> {});
    return new Followed(informer, pods, without);
  }

  /** The pod asks for nothing any more. */
  public void forget(String podUid) {
    for (Key key : List.copyOf(followed.keySet())) {
      followed.computeIfPresent(
          key,
          (k, f) -> {
            f.pods.remove(podUid);
            f.without.remove(podUid);
            if (!f.pods.isEmpty()) {
              return f;
            }
            informers.release(k.resource, k.options()).subscribe().with(v -> {}, e -> {});
            return null;
          });
    }
  }

  @Override
  public Collection<KubeObject> servicesFor(String namespace, boolean links) {
    List<KubeObject> out = new ArrayList<>();
    if (links) {
      out.addAll(services.list(namespace));
    }
    if (!links || !namespace.equals("default")) {
      services.get("default", "kubernetes").ifPresent(out::add);
    }
    return out;
  }
}
