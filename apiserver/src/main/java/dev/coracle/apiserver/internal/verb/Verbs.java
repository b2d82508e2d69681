package dev.coracle.apiserver.internal.verb;

import dev.coracle.apiserver.internal.authz.Authorizer;
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

  /**
   * @param authorizer asked where an update or an apply creates
   */
  public static Verbs of(Backstage backstage, Authorizer authorizer) {
    ObjectUpdate updates = new ObjectUpdate(backstage);
    CreateVerb create = new CreateVerb(backstage, new CreateAccess(authorizer));
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
