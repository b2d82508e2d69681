package dev.coracle.cel.cost;

import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a function is called with.
 *
 * @param path empty where it does not come from a variable
 * @param expr null for the items of a list, which are no expression
 * @param size null where nothing is known
 */
record Operand(
    List<String> path, @Nullable CelType type, @Nullable CelExpr expr, @Nullable Bound size) {

  Bound sizeOrUnknown() {
    return size == null ? Bound.UNKNOWN : size;
  }
}
