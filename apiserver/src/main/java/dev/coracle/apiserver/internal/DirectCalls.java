package dev.coracle.apiserver.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
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
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.internal.registry.SubresourceSchemas;
import dev.coracle.apiserver.internal.registry.Warnings;
import dev.coracle.apiserver.internal.verb.DeleteVerb;
import dev.coracle.apiserver.internal.verb.Engine;
import dev.coracle.apiserver.internal.verb.UpdateVerb;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/** The door for components of the same process: one user's calls, authorised like any other's. */
public final class DirectCalls implements ApiCalls {

  private final Registry registry;
  private final Engine engine;
  private final Authorizer authorizer;
  private final UserInfo user;
  private final String manager;

  public DirectCalls(Registry registry, Engine engine, Authorizer authorizer, UserInfo user) {
    this.registry = registry;
    this.engine = engine;
    this.authorizer = authorizer;
    this.user = user;
    String name = user.name();
    this.manager =
        name.startsWith("system:node:") ? "kubelet" : name.substring(name.lastIndexOf(':') + 1);
  }

  private Call call(
      GroupVersionResource resource,
      String verb,
      String namespace,
      String name,
      String subresource,
      WriteOptions options) {
    ResourceType type = registry.find(resource).orElseThrow(Engine::noSuchResource);
    String scope = type.is("", "namespaces") ? name : namespace;
    Attributes attributes =
        new Attributes(
            user,
            true,
            verb,
            resource.group(),
            resource.version(),
            resource.resource(),
            subresource,
            scope,
            name,
            "");
    Authorizer.Decision decision = authorizer.decide(attributes);
    if (!decision.allowed()) {
      throw StatusException.forbidden(
          new GroupResource(resource.group(), resource.resource()), name, attributes.refusal());
    }
    return new Call(
        user,
        type,
        subresource,
        type.namespaced() ? namespace : "",
        name,
        options,
        manager,
        new Warnings());
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
    return here(() -> engine.get(call(resource, "get", namespace, name, "", WriteOptions.NONE)));
  }

  @Override
  public Uni<KubeList> list(GroupVersionResource resource, String namespace, ListOptions options) {
    return here(
        () -> engine.list(call(resource, "list", namespace, "", "", WriteOptions.NONE), options));
  }

  @Override
  public Multi<WatchEvent> watch(
      GroupVersionResource resource, String namespace, WatchOptions options) {
    return Multi.createFrom()
        .deferred(() -> {
          Context context = Vertx.currentContext();
          Multi<WatchEvent> events =
              engine.watch(call(resource, "watch", namespace, "", "", WriteOptions.NONE), options);
          return context == null
              ? events
              : events.emitOn(task -> context.runOnContext(_ -> task.run()));
        });
  }

  @Override
  public Uni<KubeObject> create(
      GroupVersionResource resource, String namespace, KubeObject object, WriteOptions options) {
    return here(() -> {
      Call call = call(resource, "create", namespace, "", "", options);
      return engine.create(call, decode(call, object));
    });
  }

  @Override
  public Uni<KubeObject> createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      KubeObject object,
      WriteOptions options) {
    return here(() -> {
      Call call = call(resource, "create", namespace, name, subresource, options);
      return engine.create(call, decode(call, object));
    });
  }

  @Override
  public Uni<KubeObject> update(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions options) {
    return here(() -> {
      Call call = call(resource, "update", object.namespace(), object.name(), subresource, options);
      return engine.update(call, decode(call, object)).map(UpdateVerb.Outcome::object);
    });
  }

  @Override
  public Uni<KubeObject> patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      Patch patch,
      String subresource,
      WriteOptions options) {
    return here(() ->
        engine
            .patch(call(resource, "patch", namespace, name, subresource, options), patch)
            .map(UpdateVerb.Outcome::object));
  }

  @Override
  public Uni<KubeObject> delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions options) {
    return here(() -> {
      Call call =
          call(resource, "delete", namespace, name, "", new WriteOptions(options.dryRun(), "", ""));
      return engine.delete(call, options).map(o -> DeleteVerb.answer(call.type(), o));
    });
  }
}
