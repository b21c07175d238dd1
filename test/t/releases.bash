# Released versions, for tests that need one beside this: built from the history, each installed into a copy of the server's tree
# in $work, since a release's files would be in the way of the installed ones. Of $PG_CONFIG.

# A server's tree of links, with programs of its own, by which it finds the rest; copy_is_found says whether it does.
copy_server()
{
	local bin share lib prefix=/ a b

	bin=$("$PG_CONFIG" --bindir) share=$("$PG_CONFIG" --sharedir) lib=$("$PG_CONFIG" --pkglibdir)
	a=${bin#/} b=${share#/}
	while [ "${a%%/*}" = "${b%%/*}" ]; do
		prefix+=${a%%/*}/
		a=${a#*/} b=${b#*/}
	done
	tree_bin=$work/tree/${bin#"$prefix"} tree_share=$work/tree/${share#"$prefix"} tree_lib=$work/tree/${lib#"$prefix"}
	mkdir -p "$tree_bin" "$tree_share" "$tree_lib"
	cp -L "$bin"/* "$tree_bin/" && cp -as "$share/." "$tree_share/" && cp -as "$lib/." "$tree_lib/" || return 1
	rm -rf "$tree_lib"/uprofile.so "$tree_lib"/bitcode "$tree_share"/extension/uprofile*
}

copy_is_found()
{
	[ "$("$tree_bin/pg_config" --pkglibdir)" = "$tree_lib" ] && [ "$("$tree_bin/pg_config" --sharedir)" = "$tree_share" ]
}

# build_release VERSION COMMIT: prints the folder, below build/, which keeps it for the next time. Not optimized: it is there
# for what it writes.
build_release()
{
	local folder
	folder=$PWD/build/releases/$1-$("$PG_CONFIG" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
	if [ ! -f "$folder/uprofile.so" ]; then
		rm -rf "$folder"
		mkdir -p "$folder"
		git archive "$2" | tar -x -C "$folder" || return 1
		env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS -u DATA make -s -j2 -C "$folder" PG_CONFIG="$PG_CONFIG" CFLAGS='-O0 -fPIC' CORE_CFLAGS='-std=gnu11 -Wno-declaration-after-statement' all >&2 || return 1
	fi
	echo "$folder"
}

# install_tree FOLDER: the library, in a file of its own since the old one may be mapped, and the scripts.
install_tree()
{
	cp "$1/uprofile.so" "$tree_lib/uprofile.so.new" && mv "$tree_lib/uprofile.so.new" "$tree_lib/uprofile.so" &&
		cp "$1/uprofile.control" "$1"/sql/uprofile--*.sql "$tree_share/extension/"
}
