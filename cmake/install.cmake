# What `cmake --install` puts where: the command, the library with its headers, what find_package and
# pkg-config read, the documents.
include(CMakePackageConfigHelpers)

if(TARGET manifold)
  install(TARGETS manifold RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(TARGETS manifolddb EXPORT ManifoldDBTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/manifolddb
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY contrib DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ManifoldDB)
install(EXPORT ManifoldDBTargets NAMESPACE ManifoldDB:: DESTINATION ${package_dir})
configure_package_config_file(cmake/ManifoldDBConfig.cmake.in ManifoldDBConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(ManifoldDBConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ManifoldDBConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/ManifoldDBConfigVersion.cmake DESTINATION ${package_dir})

# The file finds its prefix from where it lies, so that an installed tree can be moved.
file(RELATIVE_PATH MANIFOLDDB_PC_PREFIX
     /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/manifolddb.pc.in manifolddb.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/manifolddb.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
