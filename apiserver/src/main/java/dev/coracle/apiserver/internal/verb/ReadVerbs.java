package dev.coracle.apiserver.internal.verb;

import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.internal.registry.SelectableFields;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;

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

  public Uni<KubeList> list(Call call, ListOptions options) {
    ResourceType type = call.type();
    checkFields(type, options.fields());
    checkListOptions(options);
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
    if (options.sendInitialEvents() && !options.resourceVersionMatch().equals("NotOlderThan")) {
      throw StatusException.invalid(
          new dev.coracle.api.GroupVersionKind("meta.k8s.io", "v1", "ListOptions"),
          "",
          List.of(
              new dev.coracle.api.StatusCause(
                  dev.coracle.api.StatusCause.FORBIDDEN,
                  "Forbidden: sendInitialEvents requires setting resourceVersionMatch to"
                      + " NotOlderThan",
                  "resourceVersionMatch")));
    }
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

  private static void checkFields(ResourceType type, FieldSelector fields) {
    for (FieldSelector.Requirement r : fields.requirements()) {
      if (!SelectableFields.of(type).contains(r.field())) {
        throw StatusException.badRequest("field label not supported: " + r.field());
      }
    }
  }

  private static void checkListOptions(ListOptions options) {
    List<dev.coracle.api.StatusCause> causes = new ArrayList<>();
    String match = options.resourceVersionMatch();
    if (!match.isEmpty()) {
      if (options.resourceVersion().isEmpty()) {
        causes.add(
            forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"));
      }
      if (!options.continueToken().isEmpty()) {
        causes.add(forbidden("resourceVersionMatch is forbidden when continue is provided"));
      }
      if (!match.equals("Exact") && !match.equals("NotOlderThan")) {
        causes.add(
            new dev.coracle.api.StatusCause(
                dev.coracle.api.StatusCause.NOT_SUPPORTED,
                "Unsupported value: \""
                    + match
                    + "\": supported values: \"Exact\", \"NotOlderThan\", \"\"",
                "resourceVersionMatch"));
      }
      if (match.equals("Exact") && options.resourceVersion().equals("0")) {
        causes.add(
            forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
      }
    }
    if (!causes.isEmpty()) {
      throw StatusException.invalid(
          new dev.coracle.api.GroupVersionKind("meta.k8s.io", "v1", "ListOptions"), "", causes);
    }
  }

  private static dev.coracle.api.StatusCause forbidden(String why) {
    return new dev.coracle.api.StatusCause(
        dev.coracle.api.StatusCause.FORBIDDEN, "Forbidden: " + why, "resourceVersionMatch");
  }
}
