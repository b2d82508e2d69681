package dev.coracle.ingress.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.InformerOptions;
import dev.coracle.client.SerialContext;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows Ingresses, their classes, TLS Secrets and Services (for what their ports speak); hands a
 * new routing table and set of certificates on when something changed, and writes the address into
 * the status of every Ingress it serves. Changes that come in one turn of the context go together.
 */
public final class IngressSync {

  public static final String CONTROLLER = "coracle.dev/ingress-gateway";
  public static final String CLASS = "coracle";

  private static final Logger LOG = LoggerFactory.getLogger(IngressSync.class);
  private static final String LEGACY_CLASS = "kubernetes.io/ingress.class";

  private final SerialContext context;
  private final Client client;
  private final InformerFactory informers;
  private final Informer ingresses;
  private final Informer classes;
  private final Informer secrets;
  private final Informer services;
  private final String address;
  private final BiConsumer<RouteTable, List<KubeObject>> changed;
  private boolean scheduled;
  private boolean stopped;

  /**
   * @param changed gets the table and the TLS Secrets the served Ingresses name
   */
  public IngressSync(
      SerialContext context,
      Client client,
      String address,
      BiConsumer<RouteTable, List<KubeObject>> changed) {
    this.context = context;
    this.client = client;
    this.address = address;
    this.changed = changed;
    this.informers = new InformerFactory(context, client);
    Informer.Handler schedule =
        new Informer.Handler() {
          @Override
          public void added(KubeObject object) {
            schedule();
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            schedule();
          }

          @Override
          public void deleted(KubeObject last) {
            schedule();
          }
        };
    ingresses = informers.informer(Resources.INGRESSES).addHandler(schedule);
    classes = informers.informer(Resources.INGRESS_CLASSES).addHandler(schedule);
    secrets =
        informers
            .informer(
                Resources.SECRETS,
                InformerOptions.ALL.withFields(FieldSelector.equalTo("type", "kubernetes.io/tls")))
            .addHandler(schedule);
    services = informers.informer(Resources.SERVICES).addHandler(schedule);
  }

  public Uni<Void> start() {
    return ensureClass().chain(informers::start);
  }

  public Uni<Void> stop() {
    stopped = true;
    return informers.stop();
  }

  private Uni<Void> ensureClass() {
    KubeObject ours =
        KubeObject.create(
            new GroupVersionKind("networking.k8s.io", "v1", "IngressClass"),
            "",
            CLASS,
            node -> {
              ((ObjectNode) node.path("metadata"))
                  .putObject("annotations")
                  .put("ingressclass.kubernetes.io/is-default-class", "true");
              node.putObject("spec").put("controller", CONTROLLER);
            });
    return client
        .create(Resources.INGRESS_CLASSES, ours)
        .replaceWithVoid()
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithNull();
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      context.execute(this::rebuild);
    }
  }

  private void rebuild() {
    scheduled = false;
    if (stopped) {
      return;
    }
    Set<String> ours = new HashSet<>();
    for (KubeObject c : classes.lister().list()) {
      if (c.text("spec", "controller").equals(CONTROLLER)) {
        ours.add(c.name());
      }
    }
    List<KubeObject> served = new ArrayList<>();
    Map<String, KubeObject> tls = new LinkedHashMap<>();
    for (KubeObject ingress : ingresses.lister().list()) {
      String name = ingress.text("spec", "ingressClassName");
      String chosen = name.isEmpty() ? ingress.annotation(LEGACY_CLASS).orElse("") : name;
      if (!ours.contains(chosen)) {
        continue;
      }
      served.add(ingress);
      for (JsonNode entry : ingress.at("spec", "tls")) {
        String secret = entry.path("secretName").asText("");
        secrets
            .lister()
            .get(ingress.namespace(), secret)
            .ifPresent(s -> tls.put(s.key().toString(), s));
      }
      if (!ingress.isDeleting()) {
        publish(ingress);
      }
    }
    changed.accept(new RouteTable(served, services.lister()::get), List.copyOf(tls.values()));
  }

  private void publish(KubeObject ingress) {
    JsonNode now = ingress.at("status", "loadBalancer", "ingress");
    if (now.size() == 1 && now.path(0).path("ip").asText().equals(address)) {
      return;
    }
    ObjectNode body = Json.object();
    body.putObject("status")
        .putObject("loadBalancer")
        .putArray("ingress")
        .addObject()
        .put("ip", address);
    client
        .patch(
            Resources.INGRESSES,
            ingress.namespace(),
            ingress.name(),
            Patch.merge(b -> b.setAll(body)),
            "status",
            WriteOptions.NONE)
        .subscribe()
        .with(
            _ -> {},
            failure -> {
              if (!StatusException.isNotFound(failure)) {
                LOG.atWarn()
                    .addKeyValue("namespace", ingress.namespace())
                    .addKeyValue("name", ingress.name())
                    .addKeyValue("cause", failure.getMessage())
                    .log("The Ingress's status could not be written");
              }
            });
  }
}
