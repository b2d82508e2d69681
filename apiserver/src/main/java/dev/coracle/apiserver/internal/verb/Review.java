package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Call;
import io.smallrye.mutiny.Uni;

/** What answers the questions of one kind. */
public interface Review {

  /**
   * Refuses what cannot be asked; by default nothing.
   *
   * @throws dev.coracle.api.StatusException
   */
  default void check(Call call, ObjectNode question) {}

  /**
   * @param question has passed admission; given away
   */
  Uni<KubeObject> answer(Call call, ObjectNode question);
}
