package dev.coracle.apiserver.internal.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoBool;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.apiserver.ApiCalls;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the default priority levels and flow schemas as they are by default, at the start and after
 * every change (Kubernetes docs, "API Priority and Fairness", maintenance of the mandatory and
 * suggested configuration objects): those that are missing come back, mandatory ones and those
 * annotated {@code apf.kubernetes.io/autoupdate-spec: "true"} get their specification back, and
 * what is so annotated and no default goes. Between two rounds there is a pause, each time twice as
 * long until one of them was quiet, so that servers with different defaults do not fight over one
 * store without rest.
 */
final class FlowReconciler {

  /** Upstream's name for the one who does this. */
  static final WriteOptions OPTIONS =
      WriteOptions.by("api-priority-and-fairness-config-producer-v1");

  static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private static final Logger LOG = LoggerFactory.getLogger(FlowReconciler.class);
  private static final String AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec";

  private final Vertx vertx;
  private final ApiCalls calls;
  private final Duration shortest;
  private final Map<NamespacedName, KubeObject> defaults = new LinkedHashMap<>();

  /** A round is on, or the pause after it. Guarded by this object's lock, as what follows. */
  private boolean busy;

  private boolean again;
  private Duration pause;
  private boolean stopped;
  private long timer = -1;

  /**
   * @param calls as the server itself
   * @param pause between two rounds, at first
   */
  FlowReconciler(Vertx vertx, ApiCalls calls, Duration pause) {
    this.vertx = vertx;
    this.calls = calls;
    this.shortest = pause;
    this.pause = pause;
    DefaultFlows.all().forEach(flow -> defaults.put(kindAndName(flow), flow));
  }

  private static NamespacedName kindAndName(KubeObject object) {
    return new NamespacedName(object.kind(), object.name());
  }

  private static GroupVersionResource resource(KubeObject flow) {
    return flow.kind().equals("FlowSchema") ? Resources.FLOW_SCHEMAS : Resources.PRIORITY_LEVELS;
  }

  /** One round. */
  Uni<Void> reconcile() {
    return Uni.combine()
        .all()
        .unis(
            calls.list(Resources.PRIORITY_LEVELS, "", ListOptions.ALL),
            calls.list(Resources.FLOW_SCHEMAS, "", ListOptions.ALL))
        .asTuple()
        .chain(there -> Bootstrap.together(work(there.getItem1(), there.getItem2())));
  }

  private List<Uni<?>> work(KubeList levels, KubeList schemas) {
    Map<NamespacedName, KubeObject> missing = new LinkedHashMap<>(defaults);
    List<Uni<?>> work = new ArrayList<>();
    for (KubeList list : List.of(levels, schemas)) {
      for (KubeObject there : list.items()) {
        missing.remove(kindAndName(there));
        revised(there).ifPresent(revised -> work.add(update(revised)));
        if (isUnwanted(there)) {
          work.add(delete(there));
        }
      }
    }
    missing.values().forEach(flow -> work.add(create(flow)));
    return work;
  }

  private Uni<?> create(KubeObject flow) {
    return calls
        .create(resource(flow), "", flow, OPTIONS)
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithNull();
  }

  /** Who has written it meanwhile has made another change, after which it is looked at anew. */
  private Uni<?> update(KubeObject revised) {
    return calls
        .update(resource(revised), revised, "", OPTIONS)
        .onFailure(e -> StatusException.isConflict(e) || StatusException.isNotFound(e))
        .recoverWithNull();
  }

  private Uni<?> delete(KubeObject flow) {
    return calls
        .delete(resource(flow), "", flow.name(), DeleteOptions.DEFAULT.ifUid(flow.uid()))
        .onFailure(e -> StatusException.isConflict(e) || StatusException.isNotFound(e))
        .recoverWithNull();
  }

  /** As it is to be; empty where it is so, or is none of the defaults. */
  private Optional<KubeObject> revised(KubeObject there) {
    KubeObject wanted = defaults.get(kindAndName(there));
    if (wanted == null || there.isDeleting()) {
      return Optional.empty();
    }
    Optional<Boolean> says = autoUpdate(there);
    boolean auto =
        DefaultFlows.MANDATORY.contains(there.name())
            || says.orElse(there.metadata().path("generation").asLong() == 1);
    boolean changed = auto && !specIs(wanted, there);
    if (says.isPresent() && says.get() == auto && !changed) {
      return Optional.empty();
    }
    return Optional.of(
        there.with(o -> {
          o.withObjectProperty("metadata")
              .withObjectProperty("annotations")
              .put(AUTO_UPDATE, Boolean.toString(auto));
          if (changed) {
            o.set("spec", wanted.at("spec").deepCopy());
          }
        }));
  }

  private static Optional<Boolean> autoUpdate(KubeObject there) {
    return there.annotation(AUTO_UPDATE).flatMap(GoBool::parse);
  }

  /** How much the exempt level lends, and has to lend, is for users to say. */
  private static boolean specIs(KubeObject wanted, KubeObject there) {
    JsonNode spec = wanted.at("spec");
    JsonNode exempt = there.at("spec", "exempt");
    if (spec.path("type").asText("").equals("Exempt") && exempt.isObject()) {
      ObjectNode withTheirs = spec.deepCopy();
      withTheirs.set("exempt", exempt);
      spec = withTheirs;
    }
    return Trees.equal(spec, there.at("spec"));
  }

  private boolean isUnwanted(KubeObject there) {
    return !defaults.containsKey(kindAndName(there))
        && !there.isDeleting()
        && autoUpdate(there).orElse(false);
  }

  /** Sees to it that a round follows, where this change calls for one. */
  void changed(@Nullable KubeObject before, @Nullable KubeObject now) {
    boolean due =
        now != null
            ? isUnwanted(now) || revised(now).isPresent()
            : before != null && defaults.containsKey(kindAndName(before));
    if (due) {
      due();
    }
  }

  private void due() {
    synchronized (this) {
      if (busy || stopped) {
        again = true;
        return;
      }
      busy = true;
    }
    round();
  }

  private void round() {
    reconcile()
        .subscribe()
        .with(
            _ -> rest(false),
            failure -> {
              LOG.atWarn()
                  .setMessage("cannot see to the default flow schemas and priority levels")
                  .addKeyValue("why", failure.getMessage())
                  .log();
              rest(true);
            });
  }

  private synchronized void rest(boolean failed) {
    again |= failed;
    if (!stopped) {
      timer = vertx.setTimer(pause.toMillis(), _ -> rested());
    }
  }

  private void rested() {
    synchronized (this) {
      busy = again && !stopped;
      again = false;
      if (!busy) {
        pause = shortest;
        return;
      }
      Duration twice = pause.multipliedBy(2);
      pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }
    round();
  }

  synchronized void stop() {
    stopped = true;
    vertx.cancelTimer(timer);
  }
}
