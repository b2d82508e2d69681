package dev.coracle.apiserver.internal.verb;

import dev.coracle.apiserver.internal.registry.Backstage;

/** All verbs, made once. */
public record Verbs(
    Backstage backstage,
    ReadVerbs reads,
    CreateVerb create,
    UpdateVerb update,
    PatchVerb patch,
    DeleteVerb delete,
    DeleteCollectionVerb deleteCollection,
    ObjectUpdate updates) {

  public static Verbs of(Backstage backstage) {
    ObjectUpdate updates = new ObjectUpdate(backstage);
    CreateVerb create = new CreateVerb(backstage);
    DeleteVerb delete = new DeleteVerb(backstage);
    ReadVerbs reads = new ReadVerbs(backstage);
    return new Verbs(
        backstage,
        reads,
        create,
        new UpdateVerb(updates, create),
        new PatchVerb(backstage, updates, create),
        delete,
        new DeleteCollectionVerb(reads, delete),
        updates);
  }
}
