package dev.coracle.apiserver.internal.verb;

import dev.coracle.api.GoQuote;
import dev.coracle.api.GoText;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.internal.registry.SelectableFields;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;

/** Get, list and watch: the store's answers, in the version asked for. */
public final class ReadVerbs {

  private final Backstage backstage;

  public ReadVerbs(Backstage backstage) {
    this.backstage = backstage;
  }

  public Uni<KubeObject> get(Call call) {
    ResourceType type = call.type();
    return backstage.store().get(type.stored(), call.key()).chain(type::presented);
  }

  /**
   * Completes when the store has come as far as this version; of no use to those who read what is
   * newest, and said to clients that ask for what is not yet there.
   *
   * @throws StatusException for what is no version
   */
  Uni<Void> reached(Call call, String resourceVersion) {
    checkVersion(resourceVersion);
    ListOptions one =
        new ListOptions(
            LabelSelector.EVERYTHING,
            FieldSelector.equalTo("metadata.name", call.name()),
            resourceVersion,
            "NotOlderThan",
            0,
            "");
    return backstage.store().list(call.type().stored(), call.namespace(), one).replaceWithVoid();
  }

  public Uni<KubeList> list(Call call, ListOptions options) {
    ResourceType type = call.type();
    checkFields(type, options.fields());
    if (ConvertedSelection.isNeeded(type, options.fields())) {
      return converted(call, options.fields()).list(options);
    }
    Uni<KubeList> list =
        backstage.store().list(type.stored(), call.namespace(), stored(type, options));
    if (type.presentsAsStored()) {
      return list;
    }
    return list.chain(l ->
        type.presented(l.items())
            .map(items ->
                new KubeList(l.resourceVersion(), l.continueToken(), l.remaining(), items)));
  }

  public Multi<WatchEvent> watch(Call call, WatchOptions options) {
    ResourceType type = call.type();
    checkFields(type, options.fields());
    checkVersion(options.resourceVersion());
    if (ConvertedSelection.isNeeded(type, options.fields())) {
      return converted(call, options.fields()).watch(options);
    }
    WatchOptions inStore =
        new WatchOptions(
            options.labels(),
            SelectableFields.stored(type, options.fields()),
            options.resourceVersion(),
            options.resourceVersionMatch(),
            options.allowBookmarks(),
            options.sendInitialEvents(),
            options.timeoutSeconds());
    Multi<WatchEvent> events = backstage.store().watch(type.stored(), call.namespace(), inStore);
    if (type.presentsAsStored()) {
      return events;
    }
    return events.onItem().transformToUniAndConcatenate(e -> present(type, e));
  }

  private ConvertedSelection converted(Call call, FieldSelector fields) {
    return new ConvertedSelection(backstage.store(), call.type(), call.namespace(), fields);
  }

  private static Uni<WatchEvent> present(ResourceType type, WatchEvent event) {
    return switch (event) {
      case WatchEvent.Added(KubeObject o) -> type.presented(o).map(WatchEvent.Added::new);
      case WatchEvent.Modified(KubeObject o) -> type.presented(o).map(WatchEvent.Modified::new);
      case WatchEvent.Deleted(KubeObject o) -> type.presented(o).map(WatchEvent.Deleted::new);
      case WatchEvent.Bookmark b -> Uni.createFrom().item(b);
      case WatchEvent.Failed f -> Uni.createFrom().item(f);
    };
  }

  private static ListOptions stored(ResourceType type, ListOptions options) {
    return options.fields().isEverything()
        ? options
        : options.withFields(SelectableFields.stored(type, options.fields()));
  }

  /** Upstream finds it out where it can only tell of a fault of its own, a 500 (ADR 130). */
  private static void checkVersion(String version) {
    if (version.isEmpty()) {
      return;
    }
    try {
      Long.parseUnsignedLong(version);
    } catch (NumberFormatException e) {
      String words =
          "resourceVersion: Invalid value: " + GoQuote.of(version) + ": " + GoText.noUint(version);
      throw new StatusException(Status.failure(StatusReason.UNKNOWN, words).withCode(400));
    }
  }

  private static void checkFields(ResourceType type, FieldSelector fields) {
    for (FieldSelector.Requirement r : fields.requirements()) {
      if (!SelectableFields.of(type).contains(r.field())) {
        throw StatusException.badRequest(
            type.custom() || SelectableFields.hasOwn(type)
                ? "field label not supported: " + r.field()
                : GoQuote.of(r.field())
                    + " is not a known field selector: only \"metadata.name\","
                    + " \"metadata.namespace\"");
      }
    }
  }
}
