package dev.coracle.apiserver.internal.verb;

import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.apiserver.internal.registry.Call;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;

/** Deletes what a list gives, a few objects at a time, and answers with the list. */
public final class DeleteCollectionVerb {

  private static final int AT_ONCE = 16;

  private final ReadVerbs reads;
  private final DeleteVerb delete;

  DeleteCollectionVerb(ReadVerbs reads, DeleteVerb delete) {
    this.reads = reads;
    this.delete = delete;
  }

  public Uni<KubeList> run(Call call, ListOptions list, DeleteOptions options) {
    return reads
        .list(call, list)
        .chain(found ->
            Multi.createFrom()
                .iterable(found.items())
                .onItem()
                .transformToUni(o -> deleteOne(call, o, options))
                .merge(AT_ONCE)
                .collect()
                .asList()
                .replaceWith(found));
  }

  private Uni<Boolean> deleteOne(Call call, KubeObject object, DeleteOptions options) {
    Call one =
        new Call(
            call.user(),
            call.verb(),
            call.type(),
            "",
            object.namespace(),
            object.name(),
            call.options(),
            call.manager(),
            call.warnings(),
            call.trace(),
            call.time());
    return delete
        .run(one, options)
        .replaceWith(true)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(false);
  }
}
