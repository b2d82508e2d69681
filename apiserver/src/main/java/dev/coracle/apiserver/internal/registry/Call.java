package dev.coracle.apiserver.internal.registry;

import dev.coracle.api.NamespacedName;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.apiserver.UserInfo;
import io.opentelemetry.context.Context;

/**
 * One authorised call of a verb, however it came.
 *
 * @param verb as authorizers know it, such as {@code patch}
 * @param subresource empty for the object itself
 * @param namespace empty for cluster-scoped resources, and for all namespaces
 * @param name empty for a collection
 * @param manager who is noted as the manager of fields where the options name nobody
 * @param trace the span that this call is done in; the root where there is none
 * @param time until when it may take
 */
public record Call(
    UserInfo user,
    String verb,
    ResourceType type,
    String subresource,
    String namespace,
    String name,
    WriteOptions options,
    String manager,
    Warnings warnings,
    Context trace,
    RequestTime time) {

  /** In no trace, and for as long as it takes. */
  public Call(
      UserInfo user,
      String verb,
      ResourceType type,
      String subresource,
      String namespace,
      String name,
      WriteOptions options,
      String manager,
      Warnings warnings) {
    this(
        user,
        verb,
        type,
        subresource,
        namespace,
        name,
        options,
        manager,
        warnings,
        Context.root(),
        RequestTime.unlimited());
  }

  public NamespacedName key() {
    return new NamespacedName(namespace, name);
  }

  public boolean dryRun() {
    return options.dryRun();
  }

  public String fieldManager() {
    return options.fieldManager().isEmpty() ? manager : options.fieldManager();
  }

  /** The same, persisting nothing. */
  public Call dry() {
    WriteOptions dry = new WriteOptions(true, options.fieldManager(), options.fieldValidation());
    return new Call(
        user, verb, type, subresource, namespace, name, dry, manager, warnings, trace, time);
  }

  /** The same, within a span. */
  public Call in(Context span) {
    return new Call(
        user, verb, type, subresource, namespace, name, options, manager, warnings, span, time);
  }

  public Call named(String newName) {
    return new Call(
        user, verb, type, subresource, namespace, newName, options, manager, warnings, trace, time);
  }

  public Call on(ResourceType other, String newName, String newSubresource) {
    return new Call(
        user,
        verb,
        other,
        newSubresource,
        namespace,
        newName,
        options,
        manager,
        warnings,
        trace,
        time);
  }
}
