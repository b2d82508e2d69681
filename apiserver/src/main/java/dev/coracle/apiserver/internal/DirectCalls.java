package dev.coracle.apiserver.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.FieldValidation;
import dev.coracle.apiserver.ApiCalls;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.aggregation.ApiServices;
import dev.coracle.apiserver.internal.audit.Audit;
import dev.coracle.apiserver.internal.audit.AuditedCall;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.flowcontrol.Flow;
import dev.coracle.apiserver.internal.flowcontrol.WorkEstimate;
import dev.coracle.apiserver.internal.flowcontrol.WorkEstimator;
import dev.coracle.apiserver.internal.http.RequestInfo;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.internal.registry.SubresourceSchemas;
import dev.coracle.apiserver.internal.registry.Warnings;
import dev.coracle.apiserver.internal.verb.DeleteVerb;
import dev.coracle.apiserver.internal.verb.Engine;
import dev.coracle.apiserver.internal.verb.UpdateVerb;
import dev.coracle.client.Client;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The door for components of the same process: one user's calls, authorised like any other's. */
public final class DirectCalls implements ApiCalls {

  /** What is done once a call may be made: by this server, or by the one that has the resource. */
  private record Work<T>(Function<Call, T> here, Function<Client, T> there) {}

  private final Registry registry;
  private final ApiServices others;
  private final Engine engine;
  private final Authorizer authorizer;
  private final @Nullable Audit audit;
  private final @Nullable FairCalls fairness;
  private final UserInfo user;
  private final String manager;

  /**
   * @param audit null where no log is kept; then it costs nothing
   * @param fairness null for calls that are made to answer others, which have their seats
   */
  DirectCalls(
      Registry registry,
      ApiServices others,
      Engine engine,
      Authorizer authorizer,
      @Nullable Audit audit,
      @Nullable FairCalls fairness,
      UserInfo user) {
    this.audit = audit;
    this.fairness = fairness;
    this.registry = registry;
    this.others = others;
    this.engine = engine;
    this.authorizer = authorizer;
    this.user = user;
    String name = user.name();
    this.manager =
        name.startsWith("system:node:") ? "kubelet" : name.substring(name.lastIndexOf(':') + 1);
  }

  private <T> Uni<T> run(Ask ask, int code, Work<Uni<T>> work) {
    return run(ask, code, flow -> fair().other(flow, ask), work);
  }

  private <T> Uni<T> run(Ask ask, int code, Function<Flow, WorkEstimate> cost, Work<Uni<T>> work) {
    return here(() -> {
      AuditedCall audited = audited(ask);
      return audited == null
          ? seated(ask, null, cost, work)
          : begun(audited, () -> told(ask, code, audited, cost, work));
    });
  }

  /** Goes on once the first event is taken. */
  private static <T> Uni<T> begun(AuditedCall audited, Supplier<Uni<T>> next) {
    Future<Boolean> begun = audited.begun();
    return begun.isComplete() && begun.result()
        ? next.get()
        : Uni.createFrom()
            .completionStage(begun::toCompletionStage)
            .chain(taken -> {
              if (taken) {
                return next.get();
              }
              throw StatusException.internal("failed to store audit event");
            });
  }

  private <T> Uni<T> told(
      Ask ask,
      int code,
      AuditedCall audited,
      Function<Flow, WorkEstimate> cost,
      Work<Uni<T>> work) {
    try {
      return seated(ask, audited, cost, work)
          .onItem()
          .invoke(result -> audited.done(code, result))
          .onFailure()
          .invoke(audited::failed);
    } catch (RuntimeException e) {
      audited.failed(e);
      throw e;
    }
  }

  private WorkEstimator fair() {
    return Objects.requireNonNull(fairness).estimator();
  }

  private <T> Uni<T> seated(
      Ask ask,
      @Nullable AuditedCall audited,
      Function<Flow, WorkEstimate> cost,
      Work<Uni<T>> work) {
    return fairness == null
        ? decided(ask, audited, work)
        : fairness.run(ask, cost, () -> decided(ask, audited, work));
  }

  private <T> Uni<T> decided(Ask ask, @Nullable AuditedCall audited, Work<Uni<T>> work) {
    Attributes attributes = attributes(ask);
    Authorizer.Decision decision = authorizer.decide(attributes);
    return decision.open()
        ? authorizer.ask(attributes).chain(d -> done(ask, attributes, d, audited, work))
        : done(ask, attributes, decision, audited, work);
  }

  private <T> T done(
      Ask ask,
      Attributes attributes,
      Authorizer.Decision decision,
      @Nullable AuditedCall audited,
      Work<T> work) {
    var other = others.callsAs(user, ask.gvr().group(), ask.gvr().version());
    if (other.isEmpty()) {
      return work.here().apply(call(ask, attributes, decision, audited));
    }
    allowed(attributes, decision, audited);
    return work.there().apply(other.get());
  }

  private @Nullable AuditedCall audited(Ask ask) {
    AuditedCall audited = audit == null ? null : audit.begin(user, ask.info(), manager);
    if (audited != null) {
      audited.received(ask.body());
    }
    return audited;
  }

  private Warnings warnings(@Nullable AuditedCall audited) {
    return audited == null
        ? new Warnings()
        : new Warnings((key, value, detail) -> {
          if (detail) {
            audited.record().detail(key, value);
          } else {
            audited.record().annotate(key, value);
          }
        });
  }

  private Attributes attributes(Ask ask) {
    if (!ask.resourceRequest()) {
      return Attributes.path(user, ask.verb(), ask.path());
    }
    GroupVersionResource resource = ask.gvr();
    boolean namespace = resource.group().isEmpty() && resource.resource().equals("namespaces");
    return new Attributes(
        user,
        true,
        ask.verb(),
        resource.group(),
        resource.version(),
        resource.resource(),
        ask.subresource(),
        namespace ? ask.name() : ask.namespace(),
        ask.name().isEmpty() ? RequestInfo.nameIn(ask.fields()) : ask.name(),
        "",
        ask.fields(),
        ask.labels());
  }

  private Call call(
      Ask ask, Attributes attributes, Authorizer.Decision decision, @Nullable AuditedCall audited) {
    GroupVersionResource resource = ask.gvr();
    String namespace = ask.namespace();
    String name = ask.name();
    ResourceType type = registry.find(resource).orElseThrow(Engine::noSuchResource);
    allowed(attributes, decision, audited);
    return new Call(
        user,
        ask.verb(),
        type,
        ask.subresource(),
        type.namespaced() ? namespace : "",
        name,
        ask.options(),
        manager,
        warnings(audited));
  }

  private static void allowed(
      Attributes attributes, Authorizer.Decision decision, @Nullable AuditedCall audited) {
    if (!decision.allowed() && !decision.error().isEmpty()) {
      // Nobody said no: the caller may try again.
      if (audited != null) {
        audited.record().annotate("authorization.k8s.io/reason", "internal error");
      }
      throw StatusException.internal(decision.error());
    }
    if (audited != null) {
      String word = decision.allowed() ? "allow" : "forbid";
      audited.record().annotate("authorization.k8s.io/decision", word);
      audited.record().annotate("authorization.k8s.io/reason", decision.reason());
    }
    if (!decision.allowed()) {
      throw attributes.forbidden(decision.reason());
    }
  }

  /** Answers on the context the call was made on, if it was made on one. */
  private static <T> Uni<T> here(Supplier<Uni<T>> work) {
    return Uni.createFrom()
        .deferred(() -> {
          Context context = Vertx.currentContext();
          Uni<T> result = work.get();
          return context == null ? result : result.emitOn(task -> on(context, task));
        });
  }

  private static void on(Context context, Runnable task) {
    if (Vertx.currentContext() == context) {
      task.run();
    } else {
      context.runOnContext(_ -> task.run());
    }
  }

  private static ObjectNode decode(Call call, KubeObject object) {
    SubresourceSchemas schema = SubresourceSchemas.of(call);
    return Decoder.decode(
        object.tree(), schema.type(), schema.kind(), FieldValidation.IGNORE, _ -> {});
  }

  @Override
  public Uni<KubeObject> get(GroupVersionResource resource, String namespace, String name) {
    return getSubresource(resource, namespace, name, "");
  }

  @Override
  public Uni<KubeObject> getSubresource(
      GroupVersionResource resource, String namespace, String name, String subresource) {
    return run(
        new Ask(resource, "get", namespace, name, subresource, WriteOptions.NONE, null),
        200,
        new Work<>(
            engine::get, there -> there.getSubresource(resource, namespace, name, subresource)));
  }

  @Override
  public Uni<byte[]> raw(String path) {
    Optional<Ask> ask = Ask.of(path);
    if (ask.isEmpty()) {
      return Uni.createFrom().failure(Engine.noSuchResource());
    }
    return run(
        ask.get(),
        200,
        new Work<>(
            _ -> {
              throw Engine.noSuchResource();
            },
            there -> there.raw(path)));
  }

  @Override
  public Uni<KubeList> list(GroupVersionResource resource, String namespace, ListOptions options) {
    Ask ask = Ask.of(resource, "list", namespace, options.fields(), options.labels());
    return run(
        ask,
        200,
        flow -> fair().list(flow, ask, options),
        new Work<>(
            call -> engine.list(call, options), there -> there.list(resource, namespace, options)));
  }

  @Override
  public Multi<WatchEvent> watch(
      GroupVersionResource resource, String namespace, WatchOptions options) {
    return Multi.createFrom()
        .deferred(() -> {
          Context context = Vertx.currentContext();
          Ask ask = Ask.of(resource, "watch", namespace, options.fields(), options.labels());
          AuditedCall audited = audited(ask);
          Multi<WatchEvent> events = watch(ask, audited, options);
          return context == null
              ? events
              : events.emitOn(task -> context.runOnContext(_ -> task.run()));
        });
  }

  private Multi<WatchEvent> watch(Ask ask, @Nullable AuditedCall audited, WatchOptions options) {
    if (audited == null) {
      return seatedWatch(ask, null, options);
    }
    Future<Boolean> begun = audited.begun();
    return begun.isComplete() && begun.result()
        ? toldWatch(ask, audited, options)
        : begun(audited, () -> Uni.createFrom().voidItem())
            .onItem()
            .transformToMulti(_ -> toldWatch(ask, audited, options));
  }

  private Multi<WatchEvent> toldWatch(Ask ask, AuditedCall audited, WatchOptions options) {
    try {
      Multi<WatchEvent> events = seatedWatch(ask, audited, options);
      audited.started();
      return events
          .onTermination()
          .invoke((failure, cancelled) -> {
            if (failure == null) {
              audited.done(200, null);
            } else {
              audited.failed(failure);
            }
          });
    } catch (RuntimeException e) {
      audited.failed(e);
      throw e;
    }
  }

  private Multi<WatchEvent> seatedWatch(
      Ask ask, @Nullable AuditedCall audited, WatchOptions options) {
    return fairness == null
        ? watched(ask, audited, options)
        : fairness.watch(ask, options, () -> watched(ask, audited, options));
  }

  private Multi<WatchEvent> watched(Ask ask, @Nullable AuditedCall audited, WatchOptions options) {
    Attributes attributes = attributes(ask);
    Authorizer.Decision decision = authorizer.decide(attributes);
    Work<Multi<WatchEvent>> work =
        new Work<>(
            call -> engine.watch(call, options),
            there -> there.watch(ask.gvr(), ask.namespace(), options));
    return decision.open()
        ? authorizer
            .ask(attributes)
            .onItem()
            .transformToMulti(d -> done(ask, attributes, d, audited, work))
        : done(ask, attributes, decision, audited, work);
  }

  @Override
  public Uni<KubeObject> create(
      GroupVersionResource resource, String namespace, KubeObject object, WriteOptions options) {
    return createSubresource(resource, namespace, "", "", object, options);
  }

  @Override
  public Uni<KubeObject> createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      KubeObject object,
      WriteOptions options) {
    return run(
        new Ask(resource, "create", namespace, name, subresource, options, sent(object)),
        201,
        new Work<>(
            call -> engine.create(call, decode(call, object)),
            there ->
                name.isEmpty()
                    ? there.create(resource, namespace, object, options)
                    : there.createSubresource(
                        resource, namespace, name, subresource, object, options)));
  }

  @Override
  public Uni<KubeObject> update(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions options) {
    return run(
        new Ask(
            resource,
            "update",
            object.namespace(),
            object.name(),
            subresource,
            options,
            sent(object)),
        200,
        new Work<>(
            call -> engine.update(call, decode(call, object)).map(UpdateVerb.Outcome::object),
            there -> there.update(resource, object, subresource, options)));
  }

  @Override
  public Uni<KubeObject> patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      Patch patch,
      String subresource,
      WriteOptions options) {
    return run(
        new Ask(
            resource,
            "patch",
            namespace,
            name,
            subresource,
            options,
            audit == null ? null : patch.body().deepCopy()),
        200,
        new Work<>(
            call -> engine.patch(call, patch).map(UpdateVerb.Outcome::object),
            there -> there.patch(resource, namespace, name, patch, subresource, options)));
  }

  @Override
  public Uni<KubeObject> delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions options) {
    WriteOptions write = new WriteOptions(options.dryRun(), "", "");
    return run(
        new Ask(resource, "delete", namespace, name, "", write, null),
        200,
        new Work<>(
            call -> engine.delete(call, options).map(o -> DeleteVerb.answer(call.type(), o)),
            there -> there.delete(resource, namespace, name, options)));
  }

  /** What is given away may change on its way; the log keeps it as it came. */
  private @Nullable JsonNode sent(KubeObject object) {
    return audit == null ? null : object.tree().deepCopy();
  }
}
