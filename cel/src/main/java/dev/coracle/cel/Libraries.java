package dev.coracle.cel;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Kubernetes' own functions. A library adds overloads; declarations (for the checker) and bindings
 * (for evaluation) come out of the same place, so neither is without the other.
 */
final class Libraries {

  private final Map<String, List<CelOverloadDecl>> declared = new LinkedHashMap<>();
  private final List<CelFunctionBinding> bound = new ArrayList<>();

  private static final Libraries ALL = new Libraries();

  /** For what makes patches. */
  private static final Libraries PATCHES = new Libraries();

  static {
    ListLibrary.addTo(ALL);
    SortLibrary.addTo(ALL);
    TextLibrary.addTo(ALL);
    QuantityLibrary.addTo(ALL);
    UrlLibrary.addTo(ALL);
    NetLibrary.addTo(ALL);
    SemverLibrary.addTo(ALL);
    FormatLibrary.addTo(ALL);
    AuthorizerLibrary.addTo(ALL);
    UntypedFields.addTo(ALL);
    TextLibrary.addPatchesTo(PATCHES);
  }

  static List<CelFunctionDecl> declarations(boolean patches) {
    return Stream.of(ALL, PATCHES)
        .filter(l -> patches || l != PATCHES)
        .flatMap(l -> l.declared.entrySet().stream())
        .map(e -> CelFunctionDecl.newFunctionDeclaration(e.getKey(), e.getValue()))
        .toList();
  }

  static List<CelFunctionBinding> bindings() {
    return Stream.concat(ALL.bound.stream(), PATCHES.bound.stream()).toList();
  }

  /** A function that is called as {@code name(a)}. */
  <A> void global(
      String name,
      String id,
      CelType result,
      CelType parameter,
      Class<A> type,
      CelFunctionOverload.Unary<A> body) {
    declare(name, CelOverloadDecl.newGlobalOverload(id, result, parameter));
    bound.add(CelFunctionBinding.from(id, type, body));
  }

  /** A function that is called as {@code name(a, b)}. */
  void global(
      String name,
      String id,
      CelType result,
      List<CelType> parameters,
      List<Class<?>> types,
      CelFunctionOverload body) {
    declare(name, CelOverloadDecl.newGlobalOverload(id, result, parameters));
    bound.add(CelFunctionBinding.from(id, types, body));
  }

  /** A function that is called as {@code a.name()}. */
  <A> void member(
      String name,
      String id,
      CelType result,
      CelType receiver,
      Class<A> type,
      CelFunctionOverload.Unary<A> body) {
    declare(name, CelOverloadDecl.newMemberOverload(id, result, receiver));
    bound.add(CelFunctionBinding.from(id, type, body));
  }

  /** A function that is called as {@code a.name(b)}. */
  <A, B> void member(
      String name,
      String id,
      CelType result,
      CelType receiver,
      CelType parameter,
      Class<A> first,
      Class<B> second,
      CelFunctionOverload.Binary<A, B> body) {
    declare(name, CelOverloadDecl.newMemberOverload(id, result, receiver, parameter));
    bound.add(CelFunctionBinding.from(id, first, second, body));
  }

  /** A function that is called as {@code a.name(b, c)}. */
  void member(
      String name,
      String id,
      CelType result,
      List<CelType> parameters,
      List<Class<?>> types,
      CelFunctionOverload body) {
    declare(name, CelOverloadDecl.newMemberOverload(id, result, parameters));
    bound.add(CelFunctionBinding.from(id, types, body));
  }

  private void declare(String name, CelOverloadDecl overload) {
    declared.computeIfAbsent(name, _ -> new ArrayList<>()).add(overload);
  }
}
