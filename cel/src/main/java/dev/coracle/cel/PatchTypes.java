package dev.coracle.cel;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The types of {@code Object{…}}, {@code Object.spec{…}} and {@code JSONPatch{…}} in one
 * expression: of an object any field is known, and of any type.
 */
final class PatchTypes implements CelTypeProvider {

  static final String PATCH = "JSONPatch";
  private static final ImmutableMap<String, CelType> PATCH_FIELDS =
      ImmutableMap.of(
          "op",
          SimpleType.STRING,
          "path",
          SimpleType.STRING,
          "from",
          SimpleType.STRING,
          "value",
          SimpleType.DYN);

  private final CelTypeProvider others;
  private final ImmutableSet<String> fields;

  PatchTypes(CelTypeProvider others, CelAbstractSyntaxTree parsed) {
    this.others = others;
    Set<String> named = new HashSet<>();
    CelNavigableAst.fromAst(parsed)
        .getRoot()
        .allNodes()
        .map(CelNavigableExpr::expr)
        .forEach(e -> fields(e, named));
    this.fields = ImmutableSet.copyOf(named);
  }

  private static void fields(CelExpr e, Set<String> named) {
    if (e.getKind() == Kind.STRUCT) {
      e.struct().entries().forEach(entry -> named.add(entry.fieldKey()));
    } else if (e.getKind() == Kind.SELECT) {
      named.add(e.select().field());
    }
  }

  static boolean isPatch(String name) {
    return name.equals("Object") || name.startsWith("Object.") || name.equals(PATCH);
  }

  @Override
  public ImmutableCollection<CelType> types() {
    return ImmutableList.copyOf(others.types());
  }

  @Override
  public Optional<CelType> findType(String name) {
    if (!isPatch(name)) {
      return others.findType(name);
    }
    return Optional.of(
        name.equals(PATCH)
            ? StructType.create(
                name, PATCH_FIELDS.keySet(), field -> Optional.ofNullable(PATCH_FIELDS.get(field)))
            : StructType.create(name, fields, _ -> Optional.of(SimpleType.DYN)));
  }
}
