package dev.coracle.apiserver.internal.bootstrap;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.apiserver.ApiCalls;
import io.smallrye.mutiny.Uni;

/** Makes objects that have to be there, where they are missing. */
record Ensurer(ApiCalls calls, WriteOptions options) {

  /** The object as it is there, made if need be. */
  Uni<KubeObject> ensure(GroupVersionResource resource, KubeObject object) {
    return calls
        .get(resource, object.namespace(), object.name())
        .onFailure(StatusException::isNotFound)
        .recoverWithUni(() ->
            calls
                .create(resource, object.namespace(), object, options)
                .onFailure(StatusException::isAlreadyExists)
                .recoverWithUni(() -> calls.get(resource, object.namespace(), object.name())));
  }

  /** Creates the object, or makes these fields so. */
  Uni<KubeObject> put(GroupVersionResource resource, KubeObject wanted, String... fields) {
    return ensure(resource, wanted)
        .chain(there -> {
          boolean same = true;
          for (String field : fields) {
            same &= there.at(field).equals(wanted.at(field));
          }
          if (same) {
            return Uni.createFrom().item(there);
          }
          Patch patch =
              Patch.merge(body -> {
                for (String field : fields) {
                  body.set(field, wanted.at(field).deepCopy());
                }
              });
          return calls.patch(resource, wanted.namespace(), wanted.name(), patch, "", options);
        });
  }
}
